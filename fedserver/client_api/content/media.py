"""Media (docs.joinmastodon.org/methods/media): images at once, video and audio after some processing."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.media_attachments import MediaAttachment, render_media_attachment
from fedserver.domain.content import media
from fedserver.domain.kernel.errors import InvalidError
from fedserver.media.errors import UnacceptableFileError
from fedserver.runtime import media_intake
from fedserver.text.locales import translate
from fedserver.web.endpoint import USER, Call, JsonResponse, NoParams, Routes
from fedserver.web.uploads import Upload
from storage.rows.content import MediaRow

routes = Routes("client_api")
V1_UPLOAD_PATH = "/api/v1/media"
# Version 1 waits for the result; larger files would keep its clients waiting too long.
MAX_SYNC_BYTES = 4_194_304


class UploadMediaParams(Struct, frozen=True):
    file: Upload | None = None
    thumbnail: Upload | None = None
    description: str = ""
    focus: str | None = None


class UpdateMediaParams(Struct, frozen=True):
    description: str | None = None
    focus: str | None = None
    thumbnail: Upload | None = None


@routes.post(
    "/api/v2/media",
    V1_UPLOAD_PATH,
    auth=USER,
    scope="write:media",
    params=UploadMediaParams,
    tx="own",
    max_upload="video_bytes",
    limit="media",
)
async def upload(call: Call[UploadMediaParams]) -> JsonResponse:
    waits_for_result = call.request.path == V1_UPLOAD_PATH
    row = await _store_upload(call, max_sync_bytes=MAX_SYNC_BYTES if waits_for_result else 0)
    return _render_answer(call, row, unfinished=202)


def _render_answer(
    call: Call[UploadMediaParams] | Call[NoParams], row: MediaRow, unfinished: int
) -> JsonResponse:
    status = unfinished if row.state == "processing" else 200
    return JsonResponse(render_media_attachment(call.site.links, row), status)


async def _store_upload(call: Call[UploadMediaParams], max_sync_bytes: int) -> MediaRow:
    """Return the stored file. Raises InvalidError; nothing of it stays then."""
    params, services = call.params, call.services
    if params.file is None or not params.file.size:
        raise InvalidError("file", "can't be blank", "ERR_BLANK")
    focus = media.parse_focus(params.focus) or (0.0, 0.0)
    media.clean_description(params.description)  # before the work for the file
    async with services.db.read() as tx:
        await media.check_quota(tx, call.site, call.account, params.file.size)
    new = await _store_file(call, params.file, max_sync_bytes)
    async with media_intake.discard_on_error(services, new):
        thumbnail = await _store_thumbnail(call, params.thumbnail)
        async with media_intake.discard_on_error(services, thumbnail), services.db.write() as tx:
            row = await media.create(tx, call.site, call.account, new, params.description, focus)
            if thumbnail is not None:
                row = await media.set_thumbnail(tx, call.account, row.id, thumbnail)
    return row


async def _store_file(call: Call[UploadMediaParams], file: Upload, max_sync_bytes: int) -> media.NewFile:
    """Store the upload; video and audio up to `max_sync_bytes` are processed now, larger ones later."""
    raw = await media_intake.store_attachment(call.services, file)
    if raw.state == "ready" or file.size > max_sync_bytes:
        return raw
    try:
        return await media_intake.process(call.services, raw.file_key)
    except UnacceptableFileError as error:
        why = f"could not be processed: {error.text}"
        raise InvalidError("file", why, message=translate(error.text)) from error
    finally:
        await call.services.store.remove(raw.keys)


async def _store_thumbnail(
    call: Call[UploadMediaParams] | Call[UpdateMediaParams], file: Upload | None
) -> media.NewFile | None:
    """Return the thumbnail of the request, None without one. Raises InvalidError."""
    if file is None or not file.size:
        return None
    return await media_intake.store_thumbnail(call.services, file, "thumbnail")


@routes.get("/api/v1/media/{id}", auth=USER, scope="write:media")
async def show(call: Call[NoParams]) -> JsonResponse:
    row = await media.get(call.tx, call.account, call.id())
    if row.state == "failed":
        raise InvalidError("file", f"could not be processed: {row.problem}")
    return _render_answer(call, row, unfinished=206)


@routes.put(
    "/api/v1/media/{id}",
    auth=USER,
    scope="write:media",
    params=UpdateMediaParams,
    tx="own",
    max_upload="upload_bytes",
)
async def update(call: Call[UpdateMediaParams]) -> MediaAttachment:
    params = call.params
    focus = media.parse_focus(params.focus)
    media.clean_description(params.description or "")  # before the work for the thumbnail
    async with call.services.db.read() as tx:
        await media.get(tx, call.account, call.id())
    thumbnail = await _store_thumbnail(call, params.thumbnail)
    async with media_intake.discard_on_error(call.services, thumbnail), call.services.db.write() as tx:
        row = await media.describe(tx, call.account, call.id(), params.description, focus)
        if thumbnail is not None:
            row = await media.set_thumbnail(tx, call.account, row.id, thumbnail)
    return render_media_attachment(call.site.links, row)


@routes.delete("/api/v1/media/{id}", auth=USER, scope="write:media")
async def delete(call: Call[NoParams]) -> dict[str, str]:
    await media.remove(call.tx, call.account, call.id())
    return {}
