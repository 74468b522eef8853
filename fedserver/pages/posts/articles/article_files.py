"""Pictures, videos and sounds for the text of an article, and its cover: stored when they are chosen."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.content import media
from fedserver.domain.kernel.errors import InvalidError
from fedserver.media.errors import UnacceptableFileError
from fedserver.media.sniff import sniff
from fedserver.runtime import media_intake
from fedserver.text.locales import gettext, translate
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from fedserver.web.json import json_response
from fedserver.web.uploads import Upload
from storage.rows.content import MediaRow

routes = Routes("pages")
# A longer video is converted by a job, and the script asks for it until it is ready.
MAX_WAITING_BYTES = 4_194_304


class ArticleFileParams(Struct, frozen=True):
    """A file, and how it is described for people who cannot see or hear it."""

    csrf: str = ""
    file: Upload | None = None
    description: str = ""


async def store_file(
    call: Call[Any],
    file: Upload,
    description: str,
    field: str,
    *,
    only_picture: bool = False,
    waits: bool = True,
) -> MediaRow:
    """Store a file of the member. Raises InvalidError, which names the `field` of the form.

    Without `waits`, a long video is returned before it can be shown.
    """
    try:
        media.clean_description(description)  # before the work for the file
        async with call.services.db.read() as tx:
            await media.check_quota(tx, call.site, call.account, file.size)
        new = await _process(call, file, field, only_picture=only_picture, waits=waits)
        async with media_intake.discard_on_error(call.services, new), call.services.db.write() as tx:
            return await media.create(tx, call.site, call.account, new, description, (0.0, 0.0))
    except InvalidError as error:
        named = "alt" if field == "cover" and error.field == "description" else field
        raise InvalidError(named, error.reason, error.code, message=error.message) from error


async def _process(
    call: Call[Any], file: Upload, field: str, *, only_picture: bool, waits: bool
) -> media.NewFile:
    kind = sniff(file.head)
    if only_picture or not kind.startswith(("video/", "audio/")):
        return await media_intake.store_image(call.services, file, field)
    raw = await media_intake.store_video(call.services, file, kind)
    if file.size > MAX_WAITING_BYTES and not waits:
        return raw
    try:
        return await media_intake.process(call.services, raw.file_key)
    except UnacceptableFileError as error:
        why = f"could not be processed: {error.text}"
        raise InvalidError(field, why, message=translate(error.text)) from error
    finally:
        await call.services.store.remove(raw.keys)


@routes.post(
    "/write/article/files",
    html=True,
    auth=USER,
    params=ArticleFileParams,
    tx="own",
    max_upload="video_bytes",
    limit="media",
)
async def upload(call: Call[ArticleFileParams]) -> web.StreamResponse:
    """Store a file that a script sends."""
    file = call.params.file
    if file is None or not file.size:
        raise InvalidError("file", "can't be blank", message=gettext("Please choose a file."))
    row = await store_file(call, file, call.params.description, "file", waits=False)
    return _render_file(row)


@routes.get("/write/article/files/{id}", html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    """Return a file of the member, which may be ready meanwhile. Raises InvalidError if it failed."""
    row = await media.get(call.tx, call.account, call.id())
    if row.state == "failed":
        raise InvalidError("file", f"could not be processed: {row.problem}", message=row.problem)
    return _render_file(row)


def find_address(row: MediaRow) -> str:
    """Return where a file is, as the text of an article names it: that also holds after a move."""
    return f"/media/{row.file_key}"


def _render_file(row: MediaRow) -> web.Response:
    is_ready = row.state == "ready"
    # Ids have more digits than numbers of JavaScript.
    answer = {"id": str(row.id), "kind": row.kind, "address": find_address(row) if is_ready else ""}
    response = json_response(answer)
    response.headers["Cache-Control"] = "private, no-store"
    return response
