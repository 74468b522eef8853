"""Streams (docs.joinmastodon.org/methods/streaming): WebSocket, one for many streams, and server-sent events.

What happened comes as events after commits; each listener gets what it may see, read at that moment. A
stream ends when its token is revoked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from fedserver import domain
from fedserver.client_api.hub import HUB, Hub, Listener, Message
from fedserver.http import Call, Nothing, Routes
from fedserver.http.session import bearer

routes = Routes("client_api")
encode = msgspec.json.Encoder().encode
THUMP_SECONDS = 15.0
OPEN = ("public", "public:local", "public:remote", "public:media", "public:local:media", "hashtag",
        "hashtag:local")  # fmt: skip
PERSONAL = ("user", "user:notification", "list", "direct")
PATHS = {
    "user": "user",
    "user/notification": "user:notification",
    "public": "public",
    "public/local": "public:local",
    "public/remote": "public:remote",
    "hashtag": "hashtag",
    "hashtag/local": "hashtag:local",
    "list": "list",
    "direct": "direct",
}


async def _caller(call: Call[Nothing], token: str | None) -> domain.Caller:
    """Who listens. Raises Unauthorized."""
    if not token:
        raise domain.Unauthorized("Missing access token")
    async with call.services.db.read() as tx:
        caller = await domain.tokens.find(tx, token)
    if caller is None or not domain.scopes.covers(caller.scopes, "read:statuses"):
        raise domain.Unauthorized
    return caller


def _stream(name: str, query: Any, caller: domain.Caller) -> tuple[str, ...]:
    """A stream with its parameter, as messages name it. Raises Invalid, Unauthorized."""
    if name in PERSONAL and caller.account is None:
        raise domain.Unauthorized("This stream belongs to a person")
    if name.startswith("hashtag"):
        tag = str(query.get("tag") or "")
        if not tag:
            raise domain.Invalid("tag", "can't be blank")
        return name, tag.lower()
    if name == "list":
        return name, str(query.get("list") or "")
    if name not in OPEN and name not in PERSONAL:
        raise domain.Invalid("stream", "is not known")
    return (name,)


@asynccontextmanager
async def _listening(hub: Hub, listener: Listener) -> AsyncIterator[None]:
    hub.add(listener)
    try:
        yield
    finally:
        hub.remove(listener)


@routes.get("/api/v1/streaming/health", tx="own")
async def health(call: Call[Nothing]) -> web.Response:
    return web.Response(text="OK")


@routes.get("/api/v1/streaming", tx="own")
async def socket(call: Call[Nothing]) -> web.StreamResponse:
    """One WebSocket for many streams; without an upgrade the stream is server-sent events."""
    request = call.request
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return await _events(call, request.query.get("stream", ""))
    offered = request.headers.get("Sec-WebSocket-Protocol", "").partition(",")[0].strip()
    caller = await _caller(call, bearer(request) or request.query.get("access_token") or offered)
    response = web.WebSocketResponse(protocols=[offered] if offered else (), heartbeat=30, max_msg_size=8_192)
    await response.prepare(request)
    listener = Listener(caller)
    first = request.query.get("stream")
    if first:
        listener.streams.add(_stream(first, request.query, caller))
    async with _listening(call.request.app[HUB], listener):
        sender = asyncio.create_task(_send(response, listener))
        try:
            async for message in response:
                if message.type == WSMsgType.TEXT:
                    await _asked(response, listener, message.data)
        finally:
            sender.cancel()
    return response


async def _send(response: web.WebSocketResponse, listener: Listener) -> None:
    try:
        while message := await listener.queue.get():
            await response.send_str(encode(message.as_json()).decode())
        await response.close(code=4001, message=b"token revoked")
    except ConnectionError:
        return  # the listener has gone


async def _asked(response: web.WebSocketResponse, listener: Listener, data: str) -> None:
    try:
        wanted = msgspec.json.decode(data)
        if not isinstance(wanted, dict):
            raise domain.Invalid("message", "is not an object")
        stream = _stream(str(wanted.get("stream") or ""), wanted, listener.caller)
    except (domain.Invalid, domain.Unauthorized) as error:
        await response.send_str(encode({"error": error.text, "status": 400}).decode())
        return
    except msgspec.DecodeError:
        await response.send_str(encode({"error": "Not JSON", "status": 400}).decode())
        return
    if wanted.get("type") == "subscribe":
        listener.streams.add(stream)
    elif wanted.get("type") == "unsubscribe":
        listener.streams.discard(stream)


@routes.get("/api/v1/streaming/{kind:.+}", tx="own")
async def events(call: Call[Nothing]) -> web.StreamResponse:
    name = PATHS.get(call.text("kind"))
    if name is None:
        raise domain.NotFound
    return await _events(call, name)


async def _events(call: Call[Nothing], name: str) -> web.StreamResponse:
    """Server-sent events of one stream."""
    request = call.request
    caller = await _caller(call, bearer(request) or request.query.get("access_token"))
    listener = Listener(caller)
    listener.streams.add(_stream(name, request.query, caller))
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "private, no-store",
            "Access-Control-Allow-Origin": "*",
        }
    )
    await response.prepare(request)
    async with _listening(request.app[HUB], listener):
        try:
            await _pour(response, listener)
        except ConnectionError:
            return response  # the listener has gone
    return response


async def _pour(response: web.StreamResponse, listener: Listener) -> None:
    await response.write(b":)\n\n")
    while True:
        try:
            message = await asyncio.wait_for(listener.queue.get(), THUMP_SECONDS)
        except TimeoutError:
            await response.write(b":thump\n\n")
            continue
        if message is None:
            return
        await response.write(_event(message))


def _event(message: Message) -> bytes:
    payload = message.payload if message.payload is not None else ""
    return f"event: {message.event}\ndata: {payload}\n\n".encode()
