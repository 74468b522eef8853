"""Static and stored files, files of peers, the source code, and health checks."""

from __future__ import annotations

import asyncio
import gzip
import importlib
import mimetypes
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from msgspec import Struct

from fedserver.domain.content import remote_files
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.runtime.self_check import (
    HEADER,
    PATH,
    RETURNED_HEADERS,
    ReceivedRequest,
    probe_written_paths,
)
from fedserver.runtime.source_archive import ARCHIVE_NAME, build_source_archive
from fedserver.version import VERSION
from fedserver.web.appearance.stylesheet import build_stylesheet
from fedserver.web.endpoint import EVERYONE, FILES, Call, NoParams, Routes
from fedserver.web.html import STATIC, add_vary, choose_encoding, hash_file, matches_etag, prefers_json
from fedserver.web.json import json_response

routes = Routes("http")
# Either number may be left out (RFC 9110 §14.1.2).
SINGLE_RANGE = re.compile(r"bytes=(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})")
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
STATIC_TEXT_TYPES = ("text/css", "text/javascript", "application/javascript", "image/svg+xml", "text/plain")
# The address of a static file on a page has its hash, so it never changes; others are asked for again.
FOREVER, HOUR = "public, max-age=31536000, immutable", "public, max-age=3600"
# Files come from members and peers: nothing in them may run in the origin of this node.
INERT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class PartialFile(web.FileResponse):
    """The response with a file, whole or in parts (RFC 9110 §14)."""

    def __init__(self, path: Path, headers: Mapping[str, str]) -> None:
        super().__init__(path, headers=headers)
        self._file_path = path

    async def prepare(self, request: Any) -> AbstractStreamWriter | None:
        """Begin to send the file; all of it if the client has parts of another version (RFC 9110 §13.1.5)."""
        known_etag = request.headers.get(hdrs.IF_RANGE, "")
        is_outdated = known_etag.startswith(('"', "W/")) and known_etag != self._compute_etag()
        # All of it also for ranges that the library cannot send: several at once or another unit
        # (RFC 9110 §14.2). It would answer 416, as if the file were too short.
        if is_outdated or not SINGLE_RANGE.fullmatch(request.headers.get(hdrs.RANGE, "bytes=0-").strip()):
            headers = request.headers.copy()
            headers.pop(hdrs.IF_RANGE, None)
            headers.pop(hdrs.RANGE, None)
            request = request.clone(headers=headers)
        return await super().prepare(request)

    def _compute_etag(self) -> str:
        """Return the ETag that `FileResponse` gives to the file."""
        stat = self._file_path.stat()
        return f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'


class StoredFile(PartialFile):
    """The response with a stored file, in which no script runs."""

    def __init__(self, path: Path, content_type: str) -> None:
        super().__init__(path, {**INERT_HEADERS, "Content-Type": content_type})


def _render_sign_of_life(call: Call[NoParams]) -> web.Response:
    """Return `OK` as Mastodon does; JSON for programs that ask for it."""
    if prefers_json(call.request.headers.get(hdrs.ACCEPT, "")):
        response = json_response({"status": "OK"})
    else:
        response = web.Response(text="OK")
    response.headers["Cache-Control"] = "no-store"
    add_vary(response, "Accept")
    return response


@routes.get("/livez", "/health", tx="own", limit="peers", audience=EVERYONE, no_token=True)
async def check_live(call: Call[NoParams]) -> web.Response:
    """Answer 200 while the process runs."""
    return _render_sign_of_life(call)


@routes.get("/readyz", tx="own", limit="peers", audience=EVERYONE, no_token=True)
async def check_ready(call: Call[NoParams]) -> web.Response:
    """Answer 200 if the database answers; DatabaseUnavailableError becomes 503."""
    async with call.services.db.read() as tx:
        await call.services.policies.load(tx)
    return _render_sign_of_life(call)


@routes.get("/source", tx="own", audience=EVERYONE)
async def show_source(call: Call[NoParams]) -> web.Response:
    """Serve the source code of this version, as it is installed here."""
    data = await asyncio.to_thread(build_source_archive)
    disposition = f'attachment; filename="{ARCHIVE_NAME}.tar.gz"'
    return web.Response(
        body=data,
        content_type="application/gzip",
        headers={"Content-Disposition": disposition, "Cache-Control": "public, max-age=3600"},
    )


async def _require_check_token(call: Call[NoParams]) -> None:
    """Raise NotFoundError for a request that no command with the seal key of the node sent."""
    # guard: details for `fedserver check` only @true
    if not await call.services.check_tokens.consume(call.request.headers.get(HEADER, "")):
        raise NotFoundError


@routes.get(PATH, tx="own", limit="peers", audience=EVERYONE, no_token=True)
async def show_request(call: Call[NoParams]) -> web.Response:
    """Return the request as it arrived, and which folders the node can write."""
    await _require_check_token(call)
    request, config = call.request, call.site.config
    received = ReceivedRequest(
        version=VERSION,
        uid=os.geteuid(),
        now=call.services.db.clock(),
        domain=config.node.domain,
        target=request.raw_path,
        remote=request.remote or "",
        client=call.services.proxies.resolve_client_address(request),
        headers={
            name: ",".join(request.headers.getall(name))
            for name in RETURNED_HEADERS
            if name in request.headers
        },
        folders=await asyncio.to_thread(probe_written_paths, config),
    )
    response = json_response(received)
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.post(PATH, tx="own", limit="peers", audience=EVERYONE, raw=True)
async def measure_upload(call: Call[NoParams]) -> web.Response:
    """Read a body as large as the largest upload and return its length; nothing is stored."""
    await _require_check_token(call)
    limits, received = call.site.config.limits, 0
    largest = max(limits.upload_bytes, limits.video_bytes)
    async for chunk in call.request.content.iter_any():
        received += len(chunk)
        if received > largest:
            raise web.HTTPRequestEntityTooLarge(largest, received)
    return json_response({"bytes": received})


class SignedFileParams(Struct, frozen=True):
    """The address of a file or emoji, and the signature that shows that we wrote the link."""

    u: str = ""
    v: str = ""


@routes.get(
    "/media/proxy/emoji/{shape:original|small}",
    params=SignedFileParams,
    tx="own",
    limit="peers",
    audience=FILES,
    no_token=True,
)
async def show_emoji(call: Call[SignedFileParams]) -> web.StreamResponse:
    """Serve an emoji of a peer."""
    async with call.services.db.read() as tx:
        file_request = await remote_files.get_emoji(tx, call.site, call.params.u, call.params.v)
    return await _serve_remote_file(call, file_request, call.text("shape"))


@routes.get(
    "/media/proxy/posts/{id}/{kind:image|gifv|video|audio}",
    params=SignedFileParams,
    tx="own",
    limit="peers",
    audience=FILES,
    no_token=True,
)
async def show_post_file(call: Call[SignedFileParams]) -> web.StreamResponse:
    """Serve a file of another host that is in the text of a post, or in a former version of it."""
    kind, params = call.text("kind"), call.params
    async with call.services.db.read() as tx:
        file_request = await remote_files.get_post_file(tx, call.site, call.id(), kind, params.u, params.v)
    return await _serve_remote_file(call, file_request, "original")


class ProxyParams(Struct, frozen=True):
    """The token of a file: it shows that we wrote the link, and changes with the address of the file."""

    v: str = ""


@routes.get(
    "/media/proxy/{id}/{shape:original|small|avatar|header|card}",
    params=ProxyParams,
    tx="own",
    limit="peers",
    audience=FILES,
    no_token=True,
)
async def show_remote_file(call: Call[ProxyParams]) -> web.StreamResponse:
    """Serve a file of a peer, or the image of a link preview card."""
    shape = call.text("shape")
    async with call.services.db.read() as tx:
        file_request = await remote_files.get(tx, call.site, call.id(), shape, call.params.v)
    return await _serve_remote_file(call, file_request, shape)


async def _serve_remote_file(
    call: Call[Any], file_request: remote_files.RemoteFileRequest, shape: str
) -> web.StreamResponse:
    services = call.services
    if not call.site.links.proxies:
        raise NotFoundError
    row = await services.remote_files.get(file_request)
    if not remote_files.is_recently_used(row, services.db.clock()):
        async with services.db.write() as tx:
            await remote_files.mark_used(tx, row)
    return serve_stored_file(call, row.preview_key if shape == "small" and row.preview_key else row.file_key)


@routes.get("/media/{key:.+}", tx="own", limit="peers", audience=FILES, no_token=True)
async def show_media(call: Call[NoParams]) -> web.StreamResponse:
    """Serve a stored file."""
    return serve_stored_file(call, call.text("key"))


@routes.get(
    "/community/{kind:logo|picture}/{key:.+}", tx="own", limit="peers", audience=EVERYONE, no_token=True
)
async def show_community_file(call: Call[NoParams]) -> web.StreamResponse:
    """Serve the logo or picture of the community, in every mode: the page of the log-in shows it."""
    key = call.text("key")
    if key != getattr(call.site.config.community, call.text("kind")):
        raise NotFoundError
    return serve_stored_file(call, key)


def serve_stored_file(call: Call[Any], key: str) -> StoredFile:
    """Return the response with a stored file. Raises NotFoundError."""
    path = call.services.store.path(key)
    content_type = CONTENT_TYPES.get(key.rpartition(".")[2])
    if path is None or content_type is None:
        raise NotFoundError
    return StoredFile(path, content_type)


# Browsers and readers of feeds ask for these without looking at a page.
ICON_PATHS = ("/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png")
# Results of searches and files of others are nothing to index; posts say for themselves whether they are.
ROBOTS = "User-agent: *\nDisallow: /media/proxy/\nDisallow: /oauth/\nDisallow: /search\n"
ROBOTS_OF_LIMITED_NODE = "User-agent: *\nDisallow: /\n"


@routes.get(*ICON_PATHS, tx="own", limit="peers", audience=EVERYONE, no_token=True)
async def show_icon(call: Call[NoParams]) -> web.Response:
    """Return the icon of the pages: browsers take a PNG under every name."""
    body = await asyncio.to_thread(_read_static, "icon-192.png")
    return web.Response(body=body, content_type="image/png", headers={hdrs.CACHE_CONTROL: HOUR})


@routes.get("/robots.txt", tx="own", limit="peers", audience=EVERYONE, no_token=True)
async def show_robots(call: Call[NoParams]) -> web.Response:
    """Tell crawlers what they may read (RFC 9309): nothing where only members and peers are served."""
    return web.Response(
        text=ROBOTS if call.site.access.admits_visitors else ROBOTS_OF_LIMITED_NODE,
        headers={hdrs.CACHE_CONTROL: HOUR},
    )


def _find_brotli() -> ModuleType | None:
    """Return the library for Brotli, None if it is not installed (the extra `fast`)."""
    try:
        return importlib.import_module("brotli")
    except ImportError:
        return None


BROTLI = _find_brotli()
ENCODINGS = ("br", "gzip") if BROTLI is not None else ("gzip",)  # best first


@cache
def _list_static_names() -> frozenset[str]:
    return frozenset(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())


@cache
def _encode(data: bytes, encoding: str) -> bytes:
    """Return a file in a coding, as small as possible: that is done once in a process."""
    if encoding == "br" and BROTLI is not None:
        return bytes(BROTLI.compress(data, quality=11))
    return gzip.compress(data, 9, mtime=0) if encoding == "gzip" else data


async def serve_static(request: web.Request) -> web.Response:
    """Return a static file, compressed if the client takes it."""
    name = request.match_info["name"]
    if name not in _list_static_names():
        raise web.HTTPNotFound
    return await _respond(request, _read_static(name), mimetypes.guess_type(name)[0] or "text/plain")


@cache
def _read_static(name: str) -> bytes:
    return (STATIC / name).read_bytes()


@routes.get("/style.css", tx="own", limit="peers", audience=EVERYONE, no_token=True)
async def serve_stylesheet(call: Call[NoParams]) -> web.Response:
    """Return the stylesheet of all pages, in the colours of this node."""
    return await _respond(call.request, build_stylesheet(call.site.config.community.hue), "text/css")


async def _respond(request: web.Request, data: bytes, content_type: str) -> web.Response:
    """Return a file of the program; one whose address holds its hash may be kept forever."""
    is_text = content_type in STATIC_TEXT_TYPES
    encoding = choose_encoding(request.headers.get(hdrs.ACCEPT_ENCODING, ""), ENCODINGS) if is_text else ""
    digest = hash_file(data)
    etag = f'"{digest}{"-" + encoding if encoding else ""}"'
    headers = {
        hdrs.CACHE_CONTROL: FOREVER if request.query.get("v") == digest else HOUR,
        hdrs.ETAG: etag,
        # Web clients of other origins show the default avatar and header.
        hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
        "X-Content-Type-Options": "nosniff",
    }
    if is_text:
        headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    if matches_etag(request, etag):
        return web.Response(status=304, headers=headers)
    body = await asyncio.to_thread(_encode, data, encoding)
    if encoding:
        headers[hdrs.CONTENT_ENCODING] = encoding
    charset = "utf-8" if is_text else None
    return web.Response(body=body, headers=headers, content_type=content_type, charset=charset)
