"""Compressed responses (RFC 9110, section 8.4): static files once for all, pages one by one."""

from __future__ import annotations

import asyncio
import gzip
import importlib
import mimetypes
from functools import cache
from types import ModuleType

from aiohttp import hdrs, web

from fedserver.web.html import STATIC, add_vary, hash_static

MIN_BYTES = 1_024  # below that the headers cost more than is saved
LEVEL = 6  # of gzip for pages, which are compressed while somebody waits
PAGE_TYPES = ("text/html", "application/atom+xml", "application/rss+xml")
STATIC_TYPES = ("text/css", "text/javascript", "application/javascript", "image/svg+xml", "text/plain")
# The address of a file on a page has its hash, so it never changes; others are asked for again.
FOREVER = "public, max-age=31536000, immutable"
HOUR = "public, max-age=3600"


def _find_brotli() -> ModuleType | None:
    """Return the library for Brotli, None if it is not installed (the extra `fast`)."""
    try:
        return importlib.import_module("brotli")
    except ImportError:
        return None


BROTLI = _find_brotli()
ENCODINGS = ("br", "gzip") if BROTLI is not None else ("gzip",)  # best first


def choose_encoding(accepted: str, available: tuple[str, ...] = ENCODINGS) -> str:
    """Return the coding for an `Accept-Encoding`, '' for none (RFC 9110, section 12.5.3)."""
    weights: dict[str, float] = {}
    for item in accepted.lower().split(","):
        name, _, parameter = item.partition(";")
        key, _, value = parameter.strip().partition("=")
        try:
            weights[name.strip()] = float(value) if key.strip() == "q" else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    usable = [name for name in available if weights.get(name, weights.get("*", 0.0)) > 0]
    return usable[0] if usable else ""


def compress_page(request: web.Request, response: web.StreamResponse, *, has_secrets: bool) -> None:
    """Compress a page or feed if the client takes it.

    A page with `has_secrets` is sent as it is, because lengths tell about what is inside (BREACH).
    """
    if response.prepared or not isinstance(response, web.Response) or response.content_type not in PAGE_TYPES:
        return
    add_vary(response, hdrs.ACCEPT_ENCODING)
    body = response.body
    if has_secrets or not isinstance(body, bytes) or len(body) < MIN_BYTES:
        return
    if choose_encoding(request.headers.get(hdrs.ACCEPT_ENCODING, ""), ("gzip",)):
        response.body = gzip.compress(body, LEVEL, mtime=0)
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"


@cache
def _list_static_names() -> frozenset[str]:
    return frozenset(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())


@cache
def _encode_static(name: str, encoding: str) -> bytes:
    """Return a static file in a coding, as small as possible: that is done once in a process."""
    data = (STATIC / name).read_bytes()
    if encoding == "br" and BROTLI is not None:
        return bytes(BROTLI.compress(data, quality=11))
    return gzip.compress(data, 9, mtime=0) if encoding == "gzip" else data


async def serve_static(request: web.Request) -> web.Response:
    """Return a static file, compressed if the client takes it."""
    name = request.match_info["name"]
    if name not in _list_static_names():
        raise web.HTTPNotFound
    content_type = mimetypes.guess_type(name)[0] or "text/plain"
    is_text = content_type in STATIC_TYPES
    encoding = choose_encoding(request.headers.get(hdrs.ACCEPT_ENCODING, "")) if is_text else ""
    digest = hash_static(name)
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
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")]
    if etag in known or "*" in known:
        return web.Response(status=304, headers=headers)
    body = await asyncio.to_thread(_encode_static, name, encoding)
    if encoding:
        headers[hdrs.CONTENT_ENCODING] = encoding
    charset = "utf-8" if is_text else None
    return web.Response(body=body, headers=headers, content_type=content_type, charset=charset)
