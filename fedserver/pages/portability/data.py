"""Exports and imports of relationships, lists and bookmarks, and archives of everything."""

from __future__ import annotations

import asyncio

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.portability import archives, exports, import_files, imports
from fedserver.text.locales import format_size, gettext
from fedserver.web.endpoint import USER, Call, NoParams, Question, Routes
from fedserver.web.files import PartialFile
from fedserver.web.uploads import Upload

routes = Routes("pages")


class ImportFormParams(Struct, frozen=True):
    csrf: str = ""
    kind: str = ""
    mode: str = "merge"
    data: Upload | None = None


def _download_headers(name: str) -> dict[str, str]:
    """Return headers that make browsers save a private file, and keep it out of caches."""
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }


def csv_response(name: str, data: bytes) -> web.Response:
    """Return a CSV file to download."""
    return web.Response(body=data, content_type="text/csv", charset="utf-8", headers=_download_headers(name))


async def _render_page(call: Call[ImportFormParams], problem: str = "", field: str = "data") -> web.Response:
    """Render the page; a problem stands at the field of the form that it is about."""
    async with call.services.db.read() as tx:
        import_rows = await imports.list_recent(tx, call.account)
        archive_rows = await archives.list_recent(tx, call.account)
    return call.render(
        "data.html",
        status=422 if problem else 200,
        problems={field: problem} if problem else {},
        done="done" in call.request.query,
        kinds=exports.KINDS,
        kind=call.params.kind,
        mode=call.params.mode,
        data_imports=import_rows,
        archives=archive_rows,
    )


@routes.get("/settings/data", html=True, auth=USER, params=ImportFormParams, tx="own")
async def show(call: Call[ImportFormParams]) -> web.Response:
    return await _render_page(call)


@routes.get("/settings/data/{kind}.csv", html=True, auth=USER, tx="own")
async def export_csv(call: Call[NoParams]) -> web.Response:
    kind = call.text("kind")
    if kind not in exports.KINDS:
        raise NotFoundError
    async with call.services.db.read(slow=True) as tx:
        data = await exports.export(tx, call.site, call.account, kind)
    return csv_response(exports.filename(kind), data)


@routes.post(
    "/settings/data", html=True, auth=USER, params=ImportFormParams, tx="own", max_upload="upload_bytes"
)
async def import_file(call: Call[ImportFormParams]) -> web.StreamResponse:
    params = call.params
    try:
        if params.data is None or not params.data.size:
            raise InvalidError("base", gettext("Please choose a file."))
        if params.kind not in import_files.COLUMNS or params.mode not in ("merge", "overwrite"):
            raise InvalidError("kind", "is unknown", message=gettext("Please choose what is in the file."))
        if params.data.size > imports.MAX_BYTES:
            raise InvalidError(
                "base",
                gettext(
                    "The file is too large. It can have up to %(size)s.",
                    size=format_size(imports.MAX_BYTES),
                ),
            )
        lines = await asyncio.to_thread(import_files.parse, params.kind, params.data.data)
        async with call.services.db.write() as tx:
            await imports.start(
                tx,
                call.site,
                call.account,
                params.kind,
                lines,
                params.data.filename,
                overwrites=params.mode == "overwrite",
            )
    except InvalidError as error:
        return await _render_page(call, error.message, "kind" if error.field == "kind" else "data")
    return call.see_other("/settings/data?done=1#imports")


@routes.get("/settings/data/imports/{id}/problems.csv", html=True, auth=USER)
async def download_problems(call: Call[NoParams]) -> web.Response:
    return csv_response("problems.csv", await imports.export_problems(call.tx, call.account, call.id()))


@routes.post(
    "/settings/data/imports/{id}/forget",
    html=True,
    auth=USER,
    params=ImportFormParams,
    question=Question("Remove this import? What was not imported yet is left out."),
)
async def remove_import(call: Call[ImportFormParams]) -> web.StreamResponse:
    await imports.remove(call.tx, call.account, call.id())
    return call.see_other("/settings/data")


@routes.post(
    "/settings/data/archives",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=ImportFormParams,
    tx="own",
)
async def request_archive(call: Call[ImportFormParams]) -> web.StreamResponse:
    try:
        async with call.services.db.write() as tx:
            await archives.request(tx, call.account)
    except InvalidError as error:
        return await _render_page(call, error.message, "archive")
    return call.see_other("/settings/data#archives")


@routes.get("/settings/data/archives/{id}.zip", html=True, auth=USER, requires_recent_auth=True)
async def download_archive(call: Call[NoParams]) -> web.StreamResponse:
    row = await archives.get(call.tx, call.account, call.id())
    path = call.services.store.private_path(row.name)
    if path is None:
        raise NotFoundError
    headers = {**_download_headers(f"{call.account.username}.zip"), "Content-Type": "application/zip"}
    return PartialFile(path, headers)
