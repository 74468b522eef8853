"""Media (docs.joinmastodon.org/methods/media): pictures now; other files are refused with a reason."""

from __future__ import annotations

from msgspec import Struct

from fedserver import domain
from fedserver.client_api.entities import MediaAttachment, media_attachment
from fedserver.http import USER, Call, Nothing, Routes, Upload
from fedserver.media.errors import Unacceptable
from fedserver.media.pictures import process_attachment

routes = Routes("client_api")
MOST = 16_777_216


class UploadParams(Struct, frozen=True):
    file: Upload | None = None
    description: str = ""
    focus: str | None = None


class ChangeParams(Struct, frozen=True):
    description: str | None = None
    focus: str | None = None


@routes.post(
    "/api/v2/media",
    "/api/v1/media",
    who=USER,
    scope="write:media",
    params=UploadParams,
    tx="own",
    most_upload=MOST,
    limit="media",
)
async def upload(call: Call[UploadParams]) -> MediaAttachment:
    file = call.params.file
    if file is None or not file.data:
        raise domain.Invalid("file", "can't be blank", "ERR_BLANK")
    focus = domain.media.parse_focus(call.params.focus) or (0.0, 0.0)
    new = await store_picture(call, file)
    async with call.services.db.write() as tx:
        row = await domain.media.add(tx, call.account, new, call.params.description, focus)
    return media_attachment(call.site.links, row)


async def store_picture(call: Call[UploadParams], file: Upload) -> domain.media.NewFile:
    """Clean a picture and keep it. Raises Invalid."""
    services = call.services
    try:
        made = await services.images.run(process_attachment, file.data)
    except Unacceptable as error:
        raise domain.Invalid("file", f"was not taken: {error.text}") from error
    return domain.media.NewFile(
        kind=made.kind,
        content_type=made.full.content_type,
        file_key=await services.store.put(made.full.data, made.full.ending),
        preview_key=await services.store.put(made.small.data, made.small.ending),
        bytes=len(made.full.data) + len(made.small.data),
        blurhash=made.blurhash,
        width=made.full.width,
        height=made.full.height,
        preview_width=made.small.width,
        preview_height=made.small.height,
    )


@routes.get("/api/v1/media/{id}", who=USER, scope="write:media")
async def show(call: Call[Nothing]) -> MediaAttachment:
    return media_attachment(call.site.links, await domain.media.get(call.tx, call.account, call.id()))


@routes.put("/api/v1/media/{id}", who=USER, scope="write:media", params=ChangeParams)
async def change(call: Call[ChangeParams]) -> MediaAttachment:
    focus = domain.media.parse_focus(call.params.focus)
    row = await domain.media.describe(call.tx, call.account, call.id(), call.params.description, focus)
    return media_attachment(call.site.links, row)


@routes.delete("/api/v1/media/{id}", who=USER, scope="write:media")
async def delete(call: Call[Nothing]) -> dict[str, str]:
    await domain.media.remove(call.tx, call.account, call.id())
    return {}
