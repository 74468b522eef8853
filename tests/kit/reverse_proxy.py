"""A reverse proxy on loopback, with the faults that people's proxies have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from yarl import URL

HOP_BY_HOP = {"connection", "upgrade", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Faults:
    """What a proxy does wrong; none by default."""

    adds_forwarded_for: bool = True
    passes_websockets: bool = True
    host: str = ""
    client: str = ""  # whom it names in X-Forwarded-For, instead of the one that is connected
    resolves_escapes: bool = False
    drops: str = ""  # a header
    max_body: int = 1 << 40
    date: str = ""
    buffers: bool = False  # sends a response when all of it is there
    page: str = ""  # what it answers everything with


@asynccontextmanager
async def run_proxy(port: int, target: str, faults: Faults) -> AsyncIterator[None]:
    """Pass requests to `localhost:port` on to `target`, `http://127.0.0.1:PORT`."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        application = web.Application(client_max_size=1 << 40)
        application.router.add_route("*", "/{path:.*}", _build_handler(session, target, faults))
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "localhost", port).start()
        try:
            yield
        finally:
            await runner.cleanup()


def _build_handler(
    session: aiohttp.ClientSession, target: str, faults: Faults
) -> Callable[[web.Request], object]:
    async def forward(request: web.Request) -> web.StreamResponse:
        if faults.page:
            return web.Response(text=faults.page)
        if int(request.headers.get("Content-Length", "0")) > faults.max_body:
            raise web.HTTPRequestEntityTooLarge(faults.max_body, 0)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        headers.pop(faults.drops, None)
        if faults.host:
            headers["Host"] = faults.host
        if faults.adds_forwarded_for:
            known = headers.get("X-Forwarded-For")
            headers["X-Forwarded-For"] = ", ".join(filter(None, (known, faults.client or request.remote)))
        path = request.path_qs if faults.resolves_escapes else request.raw_path
        url = URL(target + path, encoded=not faults.resolves_escapes)
        if request.headers.get("Upgrade") and faults.passes_websockets:
            return await _join_sockets(session, request, url, headers)
        async with session.request(
            request.method, url, headers=headers, data=request.content if request.can_read_body else None
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
            if faults.date:
                kept["Date"] = faults.date
            if faults.buffers:
                return web.Response(status=answer.status, body=await answer.read(), headers=kept)
            return await _stream(request, answer, kept)

    return forward


async def _stream(
    request: web.Request, answer: aiohttp.ClientResponse, headers: dict[str, str]
) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=headers)
    await response.prepare(request)
    async for chunk in answer.content.iter_any():
        await response.write(chunk)
    return response


async def _join_sockets(
    session: aiohttp.ClientSession, request: web.Request, url: URL, headers: dict[str, str]
) -> web.StreamResponse:
    passed = {name: value for name, value in headers.items() if not name.startswith("Sec-")}
    async with session.ws_connect(url, headers=passed) as inner:
        outer = web.WebSocketResponse()
        await outer.prepare(request)

        async def pump() -> None:
            async for message in inner:
                await outer.send_str(message.data)

        pumping = asyncio.create_task(pump())
        async for message in outer:
            await inner.send_str(message.data)
        pumping.cancel()
        return outer
