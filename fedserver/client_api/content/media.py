"""Media (docs.joinmastodon.org/methods/media): pictures at once, films and sound after some work."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.media_attachments import MediaAttachment, media_attachment
from fedserver.domain.content import media
from fedserver.domain.kernel.errors import Invalid
from fedserver.media.errors import Unacceptable
from fedserver.media.sniff import sniff
from fedserver.web import media_intake
from fedserver.web.endpoint import USER, Answer, Call, Nothing, Routes
from fedserver.web.uploads import Upload
from storage.rows.content import MediaRow

routes = Routes("client_api")
AT_ONCE = 4_194_304  # what is larger is processed later, by the older method too


class UploadParams(Struct, frozen=True):
    file: Upload | None = None
    thumbnail: Upload | None = None
    description: str = ""
    focus: str | None = None


class ChangeParams(Struct, frozen=True):
    description: str | None = None
    focus: str | None = None
    thumbnail: Upload | None = None


@routes.post(
    "/api/v2/media",
    who=USER,
    scope="write:media",
    params=UploadParams,
    tx="own",
    most_upload="video_bytes",
    limit="media",
)
async def upload(call: Call[UploadParams]) -> Answer:
    row = await _uploaded(call, at_once=0)
    return _answer(call, row, unfinished=202)


@routes.post(
    "/api/v1/media",
    who=USER,
    scope="write:media",
    params=UploadParams,
    tx="own",
    most_upload="video_bytes",
    limit="media",
)
async def upload_and_wait(call: Call[UploadParams]) -> Answer:
    row = await _uploaded(call, at_once=AT_ONCE)
    return _answer(call, row, unfinished=202)


def _answer(call: Call[UploadParams] | Call[Nothing], row: MediaRow, unfinished: int) -> Answer:
    status = unfinished if row.state == "processing" else 200
    return Answer(media_attachment(call.site.links, row), status)


async def _uploaded(call: Call[UploadParams], at_once: int) -> MediaRow:
    """Keep what was sent. Raises Invalid; nothing of it stays then."""
    params, services = call.params, call.services
    if params.file is None or not params.file.size:
        raise Invalid("file", "can't be blank", "ERR_BLANK")
    focus = media.parse_focus(params.focus) or (0.0, 0.0)
    async with services.db.read() as tx:
        await media.require_room(tx, call.site, call.account, params.file.size)
    new = await _kept(call, params.file, at_once)
    async with media_intake.kept(services, new):
        small = await _thumbnail(call, params.thumbnail)
        async with media_intake.kept(services, small), services.db.write() as tx:
            row = await media.add(tx, call.site, call.account, new, params.description, focus)
            if small is not None:
                row = await media.show(tx, call.account, row.id, small)
    return row


async def _kept(call: Call[UploadParams], file: Upload, at_once: int) -> media.NewFile:
    kind = sniff(file.head)
    if not kind.startswith(("video/", "audio/")):
        return await media_intake.keep_picture(call.services, file)
    raw = await media_intake.keep_raw(call.services, file, kind)
    if file.size > at_once:
        return raw
    try:
        return await media_intake.process(call.services, raw.file_key)
    except Unacceptable as error:
        raise Invalid("file", f"was not taken: {error.text}") from error
    finally:
        await call.services.store.remove(raw.keys)


async def _thumbnail(
    call: Call[UploadParams] | Call[ChangeParams], file: Upload | None
) -> media.NewFile | None:
    """The small picture that was sent along, as a file whose only key is its small form. Raises Invalid."""
    if file is None or not file.size:
        return None
    return await media_intake.keep_small(call.services, file, "thumbnail")


@routes.get("/api/v1/media/{id}", who=USER, scope="write:media")
async def show(call: Call[Nothing]) -> Answer:
    row = await media.get(call.tx, call.account, call.id())
    if row.state == "failed":
        raise Invalid("file", f"was not taken: {row.problem}")
    return _answer(call, row, unfinished=206)


@routes.put(
    "/api/v1/media/{id}",
    who=USER,
    scope="write:media",
    params=ChangeParams,
    tx="own",
    most_upload="upload_bytes",
)
async def change(call: Call[ChangeParams]) -> MediaAttachment:
    params = call.params
    focus = media.parse_focus(params.focus)
    async with call.services.db.read() as tx:
        await media.get(tx, call.account, call.id())
    small = await _thumbnail(call, params.thumbnail)
    async with media_intake.kept(call.services, small), call.services.db.write() as tx:
        row = await media.describe(tx, call.account, call.id(), params.description, focus)
        if small is not None:
            row = await media.show(tx, call.account, row.id, small)
    return media_attachment(call.site.links, row)


@routes.delete("/api/v1/media/{id}", who=USER, scope="write:media")
async def delete(call: Call[Nothing]) -> dict[str, str]:
    await media.remove(call.tx, call.account, call.id())
    return {}
