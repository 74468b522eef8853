"""Files and signs of life, which every node answers whatever its surfaces are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from msgspec import Struct

from fedserver.domain.content import remote_files
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.web.endpoint import Call, NoParams, Routes
from fedserver.web.json import json_response

routes = Routes("http")
CONTENT_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "aac": "audio/aac",
}
INERT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class StoredFile(web.FileResponse):
    """A file of the store, whole or in parts (RFC 9110 §14), served inert."""

    def __init__(self, path: Path, content_type: str) -> None:
        super().__init__(path, headers={**INERT_HEADERS, "Content-Type": content_type})
        self._file_path = path

    async def prepare(self, request: Any) -> AbstractStreamWriter | None:
        """Begin to send it. A part of another version than ours is not what was asked for: send all of it."""
        known = request.headers.get(hdrs.IF_RANGE, "")
        if known.startswith(('"', "W/")) and known != self._compute_etag():
            kept = request.headers.copy()
            del kept[hdrs.IF_RANGE]
            kept.pop(hdrs.RANGE, None)
            request = request.clone(headers=kept)
        return await super().prepare(request)

    def _compute_etag(self) -> str:
        """The tag that `FileResponse` gives to the file."""
        found = self._file_path.stat()
        return f'"{found.st_mtime_ns:x}-{found.st_size:x}"'


@routes.get("/livez", "/health", tx="own", limit="peers")
async def check_live(call: Call[NoParams]) -> web.Response:
    return json_response({"status": "OK"})


@routes.get("/readyz", tx="own", limit="peers")
async def check_ready(call: Call[NoParams]) -> web.Response:
    """200 when the database answers; Unavailable becomes 503."""
    async with call.services.db.read() as tx:
        await call.services.policies.load(tx)
    return json_response({"status": "OK"})


class EmojiParams(Struct, frozen=True):
    u: str = ""
    v: str = ""


@routes.get("/media/proxy/emoji/{shape:original|small}", params=EmojiParams, tx="own", limit="peers")
async def show_emoji(call: Call[EmojiParams]) -> web.StreamResponse:
    """An emoji of a peer, shown from here."""
    async with call.services.db.read() as tx:
        wanted = await remote_files.get_emoji(tx, call.site, call.params.u, call.params.v)
    return await _serve_remote_file(call, wanted, call.text("shape"))


class ProxyParams(Struct, frozen=True):
    v: str = ""


@routes.get(
    "/media/proxy/{id}/{shape:original|small|avatar|header|card}", params=ProxyParams, tx="own", limit="peers"
)
async def show_remote_file(call: Call[ProxyParams]) -> web.StreamResponse:
    """A file of a peer, or the picture of a card, shown from here."""
    shape = call.text("shape")
    async with call.services.db.read() as tx:
        wanted = await remote_files.get(tx, call.site, call.id(), shape, call.params.v)
    return await _serve_remote_file(call, wanted, shape)


async def _serve_remote_file(
    call: Call[Any], wanted: remote_files.RemoteFileRequest, shape: str
) -> web.StreamResponse:
    services = call.services
    if not call.site.links.proxies:
        raise NotFoundError
    row = await services.remote_files.get(wanted)
    if not remote_files.is_recently_used(row, services.db.clock()):
        async with services.db.write() as tx:
            await remote_files.mark_used(tx, row)
    return serve_stored_file(call, row.preview_key if shape == "small" and row.preview_key else row.file_key)


@routes.get("/media/{key:.+}", tx="own", limit="peers")
async def show_media(call: Call[NoParams]) -> web.StreamResponse:
    """A file of the store: its type is ours, and nothing in it may run."""
    return serve_stored_file(call, call.text("key"))


def serve_stored_file(call: Call[Any], key: str) -> StoredFile:
    """The answer with a file of the store. Raises NotFound."""
    path = call.services.store.path(key)
    kind = CONTENT_TYPES.get(key.rpartition(".")[2])
    if path is None or kind is None:
        raise NotFoundError
    return StoredFile(path, kind)
