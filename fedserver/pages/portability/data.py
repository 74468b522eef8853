"""What a member takes along and brings along: files of accounts, lists, domains and bookmarks."""

from __future__ import annotations

import asyncio

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import Invalid, NotFound
from fedserver.domain.portability import archives, exports, import_files, imports
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.html import see_other
from fedserver.web.uploads import Upload

routes = Routes("pages")


class ImportParams(Struct, frozen=True):
    csrf: str = ""
    kind: str = ""
    mode: str = "merge"
    data: Upload | None = None


def _headers(name: str) -> dict[str, str]:
    """Of a file that browsers save and nobody keeps."""
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }


def table(name: str, data: bytes) -> web.Response:
    """A file of lines."""
    return web.Response(body=data, content_type="text/csv", charset="utf-8", headers=_headers(name))


async def _page(call: Call[ImportParams], problem: str = "") -> web.Response:
    async with call.services.db.read() as tx:
        brought = await imports.page(tx, call.account)
        archive_page = await archives.page(tx, call.account)
    return call.render(
        "data.html",
        status=422 if problem else 200,
        problem=problem,
        done="done" in call.request.query,
        kinds=exports.KINDS,
        kind=call.params.kind,
        mode=call.params.mode,
        brought=brought,
        archives=archive_page,
    )


@routes.get("/settings/data", html=True, who=USER, params=ImportParams, tx="own")
async def show(call: Call[ImportParams]) -> web.Response:
    return await _page(call)


@routes.get("/settings/data/{kind}.csv", html=True, who=USER, tx="own")
async def export(call: Call[Nothing]) -> web.Response:
    kind = call.text("kind")
    if kind not in exports.KINDS:
        raise NotFound
    async with call.services.db.read(slow=True) as tx:
        data = await exports.table(tx, call.site, call.account, kind)
    return table(exports.filename(kind), data)


@routes.post("/settings/data", html=True, who=USER, params=ImportParams, tx="own", most_upload="upload_bytes")
async def bring(call: Call[ImportParams]) -> web.StreamResponse:
    params = call.params
    try:
        if params.data is None or not params.data.size:
            raise Invalid("base", "Choose a file first")
        if params.kind not in import_files.COLUMNS or params.mode not in ("merge", "overwrite"):
            raise Invalid("base", "Choose what is in the file")
        if params.data.size > imports.MOST_BYTES:
            raise Invalid("base", f"The file is larger than {imports.MOST_BYTES // 1_000_000} MB")
        lines = await asyncio.to_thread(import_files.read, params.kind, params.data.data)
        async with call.services.db.write() as tx:
            await imports.begin(
                tx,
                call.site,
                call.account,
                params.kind,
                lines,
                params.data.filename,
                overwrites=params.mode == "overwrite",
            )
    except Invalid as error:
        return await _page(call, error.text)
    return see_other("/settings/data?done=1#brought")


@routes.get("/settings/data/imports/{id}/problems.csv", html=True, who=USER)
async def problems(call: Call[Nothing]) -> web.Response:
    return table("problems.csv", await imports.problems(call.tx, call.account, call.id()))


@routes.post("/settings/data/imports/{id}/forget", html=True, who=USER, params=ImportParams)
async def forget(call: Call[ImportParams]) -> web.StreamResponse:
    await imports.remove(call.tx, call.account, call.id())
    return see_other("/settings/data")


@routes.post("/settings/data/archives", html=True, who=USER, proved=True, params=ImportParams, tx="own")
async def ask(call: Call[ImportParams]) -> web.StreamResponse:
    try:
        async with call.services.db.write() as tx:
            await archives.request(tx, call.account)
    except Invalid as error:
        return await _page(call, error.why)
    return see_other("/settings/data#archives")


@routes.get("/settings/data/archives/{id}.zip", html=True, who=USER, proved=True)
async def archive(call: Call[Nothing]) -> web.StreamResponse:
    row = await archives.find(call.tx, call.account, call.id())
    path = call.services.store.apart(row.name)
    if path is None:
        raise NotFound
    headers = {**_headers(f"{call.account.username}.zip"), "Content-Type": "application/zip"}
    return web.FileResponse(path, headers=headers)
