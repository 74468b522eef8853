"""Streaming (docs.joinmastodon.org/methods/streaming): a WebSocket for many streams, and server-sent events.

Messages follow commits; each listener gets what it may see at that moment. A stream ends when its token is
revoked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from aiohttp import WSMsgType, web
from msgspec import Struct

from fedserver.client_api.timelines.hub import HUB, Channel, Listener, StreamName
from fedserver.domain.auth import tokens
from fedserver.domain.kernel import scopes
from fedserver.domain.kernel.context import Principal
from fedserver.domain.kernel.errors import NotFoundError, UnauthorizedError
from fedserver.domain.relationships import lists
from fedserver.domain.timelines import streams
from fedserver.runtime.self_check import EVENTS_HOLD_S, HEADER
from fedserver.runtime.services import Services
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes
from fedserver.web.session import parse_bearer

routes = Routes("client_api")
PING_SECONDS = 15.0  # proxies close connections that are silent for a minute
MAX_STREAMS = 200  # of one connection, so that it costs no more than many connections would
PUBLIC_STREAMS = (
    "public", "public:media", "public:local", "public:local:media", "public:remote", "public:remote:media",
)  # fmt: skip
PERSONAL_STREAMS = ("user", "user:notification", "direct")
STREAM_PARAMETERS = {"hashtag": "tag", "hashtag:local": "tag", "list": "list"}
# Some clients put the parts in another order.
STREAM_ALIASES = {"public:media:local": "public:local:media", "public:media:remote": "public:remote:media"}
EVENT_STREAMS = {
    "/api/v1/streaming/user": "user",
    "/api/v1/streaming/user/notification": "user:notification",
    "/api/v1/streaming/public": "public",
    "/api/v1/streaming/public/media": "public:media",
    "/api/v1/streaming/public/local": "public:local",
    "/api/v1/streaming/public/remote": "public:remote",
    "/api/v1/streaming/hashtag": "hashtag",
    "/api/v1/streaming/hashtag/local": "hashtag:local",
    "/api/v1/streaming/list": "list",
    "/api/v1/streaming/direct": "direct",
}
EVENT_STREAM_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "private, no-store",
    "Access-Control-Allow-Origin": "*",
    "X-Accel-Buffering": "no",  # nginx then passes events on at once, even where it buffers by default
}
STREAM_BEGIN = b":)\n"  # a comment, so that the client knows that it is connected


class StreamParams(Struct, frozen=True):
    """The stream of a connection; messages of a WebSocket can name more."""

    access_token: str = ""
    stream: str = ""
    tag: str = ""
    list: str = ""


class EventStreamParams(StreamParams, frozen=True):
    """The parameters of a stream of server-sent events, which is named by its path."""

    only_media: bool = False


def _to_request(params: StreamParams) -> dict[str, str]:
    """Return the stream of a connection as a message of a WebSocket names it."""
    return {"stream": params.stream, "tag": params.tag, "list": params.list}


async def _authenticate(services: Services, token: str | None) -> Principal:
    """Return the principal of a member's token. Raises UnauthorizedError, also for the token of an app."""
    if not token:
        raise UnauthorizedError("Missing access token")
    async with services.db.read() as tx:
        caller = await tokens.find_principal(tx, token)
    if caller is None or caller.account is None:
        raise UnauthorizedError("Invalid access token")
    return caller


class UnknownStreamError(Exception):
    """The request names no stream; the texts are Mastodon's."""


def _parse_stream_name(parameters: Mapping[str, Any]) -> StreamName:
    """Return a stream as messages name it. Raises UnknownStreamError."""
    name = str(parameters.get("stream") or "")
    name = STREAM_ALIASES.get(name, name)
    if name in PUBLIC_STREAMS or name in PERSONAL_STREAMS:
        return (name,)
    parameter = STREAM_PARAMETERS.get(name)
    if parameter is None:
        raise UnknownStreamError("Unknown stream type")
    value = str(parameters.get(parameter) or "").strip()
    if not value:
        raise UnknownStreamError(f"Missing {parameter} name parameter")
    return name, value


async def _list_channels(services: Services, name: StreamName, caller: Principal) -> tuple[Channel, ...]:
    """Return the channels that a stream listens to. Raises UnauthorizedError."""
    kind, *parameter = name
    needed = "read:notifications" if kind == "user:notification" else "read:statuses"
    if caller.account is None or not scopes.covers(caller.scopes, needed):
        raise UnauthorizedError("Access token does not have the required scopes")
    notifications: Channel = ("notifications", caller.account.id)
    match kind:
        case "user":
            # Home without notifications, for a token that may not read these.
            may_read_notifications = scopes.covers(caller.scopes, "read:notifications")
            home: Channel = ("user", caller.account.id)
            return (home, notifications) if may_read_notifications else (home,)
        case "user:notification":
            return (notifications,)
        case "direct":
            return (("direct", caller.account.id),)
        case "list":
            return (("list", await _find_list_id(services, parameter[0], caller)),)
        case "hashtag" | "hashtag:local":
            return (streams.to_tag_stream(kind, parameter[0]),)
        case _:
            return ((kind, ""),)


async def _find_list_id(services: Services, text: str, caller: Principal) -> int:
    """Return the id of a list of the caller. Raises UnauthorizedError for any other."""
    is_id = text.isascii() and text.isdigit() and len(text) <= 18
    try:
        if not is_id or caller.account is None:
            raise NotFoundError
        async with services.db.read() as tx:
            return (await lists.get(tx, caller.account, int(text))).id
    except NotFoundError as error:
        raise UnauthorizedError("Not authorized to stream this list") from error


@asynccontextmanager
async def _register_listener(
    call: Call[Any], caller: Principal, *, wants_heartbeat: bool
) -> AsyncIterator[Listener]:
    """Yield a listener that is registered with the hub.

    Its token is checked once more: a revocation before the registration was missed.
    """
    hub, transport = call.request.app[HUB], call.request.transport
    assert caller.account is not None
    listener = Listener(
        caller, caller.account.id, transport.abort if transport else lambda: None, wants_heartbeat
    )
    hub.add(listener)
    try:
        await hub.close_revoked([listener])
        yield listener
    finally:
        hub.remove(listener)


@routes.get("/api/v1/streaming/health", tx="own", audience=EVERYONE)
async def show_health(call: Call[NoParams]) -> web.Response:
    return web.Response(text="OK")


# Streams ask for a member's token in every mode; browsers can send it in the query only.
@routes.get("/api/v1/streaming", tx="own", audience=EVERYONE, params=StreamParams)
async def open_socket(call: Call[StreamParams]) -> web.StreamResponse:
    """Open a WebSocket for many streams; without an upgrade it is a stream of server-sent events."""
    request = call.request
    if await _is_check(call):
        return await _answer_check(request)
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return await _stream_events(call, _to_request(call.params))
    # Browsers can set no header but this one, and close a connection that does not return its value.
    offered = request.headers.get("Sec-WebSocket-Protocol", "").partition(",")[0].strip()
    caller = await _authenticate(call.services, parse_bearer(request) or call.params.access_token or offered)
    response = web.WebSocketResponse(
        protocols=[offered] if offered else (), heartbeat=PING_SECONDS, max_msg_size=8_192, compress=False
    )
    async with _register_listener(call, caller, wants_heartbeat=False) as listener:
        error = None
        if call.params.stream:
            wanted = {**_to_request(call.params), "type": "subscribe"}
            error = await _handle_request(call, listener, wanted)
        # After the subscription, so that a client that is connected misses nothing.
        await response.prepare(request)
        if error:
            await response.send_json(error)
        sender = asyncio.create_task(_send_messages(response, listener))
        try:
            async for message in response:
                if message.type == WSMsgType.TEXT and (
                    error := await _handle_request(call, listener, message.data)
                ):
                    await response.send_json(error)
        finally:
            sender.cancel()
    return response


async def _is_check(call: Call[Any]) -> bool:
    """Return True for a request of `fedserver check`; its token counts no second time."""
    token = call.request.headers.get(HEADER, "")
    return bool(token) and await call.services.check_tokens.consume(token)


async def _answer_check(request: web.Request) -> web.StreamResponse:
    """Return one message of `fedserver check`, which wants to know whether WebSockets arrive."""
    response = web.WebSocketResponse(max_msg_size=8_192, compress=False, timeout=5.0)
    if not response.can_prepare(request):
        return web.Response(status=426, headers={"Upgrade": "websocket"})
    await response.prepare(request)
    with suppress(TimeoutError, TypeError):  # TypeError: the other side closed, or sent no text
        await response.send_str(await response.receive_str(timeout=5.0))
    await response.close()
    return response


async def _stream_check(request: web.Request) -> web.StreamResponse:
    """Begin a stream of events and end it later, so that `fedserver check` sees what arrives when."""
    response = web.StreamResponse(headers=EVENT_STREAM_HEADERS)
    await response.prepare(request)
    with suppress(ConnectionError):  # the check has seen enough
        await response.write(STREAM_BEGIN)
        await asyncio.sleep(EVENTS_HOLD_S)
    return response


async def _send_messages(response: web.WebSocketResponse, listener: Listener) -> None:
    try:
        while message := await listener.queue.get():
            listener.is_sending = True
            await response.send_frame(message.websocket_frame, WSMsgType.TEXT)
            listener.is_sending = False
        code, reason = listener.close_reason or (1000, b"")
        await response.close(code=code, message=reason)
    except ConnectionError:
        return  # the listener has gone


async def _handle_request(
    call: Call[Any], listener: Listener, data: str | Mapping[str, Any]
) -> dict[str, Any] | None:
    """Subscribe or unsubscribe. Returns what to answer if that is not possible, else None."""
    hub = call.request.app[HUB]
    try:
        request = msgspec.json.decode(data) if isinstance(data, str) else data
        if not isinstance(request, Mapping) or request.get("type") not in ("subscribe", "unsubscribe"):
            return None
        name = _parse_stream_name(request)
        if request["type"] == "unsubscribe":
            hub.unsubscribe(listener, name)
        elif len(listener.streams) < MAX_STREAMS:
            hub.subscribe(listener, name, await _list_channels(call.services, name, listener.caller))
        else:
            raise UnknownStreamError(f"At most {MAX_STREAMS} streams of one connection")
    except UnauthorizedError as error:
        return {"error": error.text, "status": 401}
    except UnknownStreamError as error:
        return {"error": str(error), "status": 400}
    except (msgspec.DecodeError, RecursionError):
        return {"error": "Not JSON", "status": 400}
    return None


@routes.get(*EVENT_STREAMS, tx="own", audience=EVERYONE, params=EventStreamParams)
async def open_event_stream(call: Call[EventStreamParams]) -> web.StreamResponse:
    if await _is_check(call):
        return await _stream_check(call.request)
    name = EVENT_STREAMS[call.request.path.rstrip("/")]
    if call.params.only_media and name in PUBLIC_STREAMS and not name.endswith(":media"):
        name += ":media"
    return await _stream_events(call, {**_to_request(call.params), "stream": name})


async def _stream_events(call: Call[Any], parameters: Mapping[str, Any]) -> web.StreamResponse:
    """Send server-sent events of one stream until its listener has gone."""
    request = call.request
    caller = await _authenticate(call.services, parse_bearer(request) or call.params.access_token)
    try:
        name = _parse_stream_name(parameters)
    except UnknownStreamError as error:
        raise web.HTTPBadRequest(reason=str(error)) from error
    channels = await _list_channels(call.services, name, caller)
    response = web.StreamResponse(headers=EVENT_STREAM_HEADERS)
    async with _register_listener(call, caller, wants_heartbeat=True) as listener:
        request.app[HUB].subscribe(listener, name, channels)
        await response.prepare(request)
        try:
            await response.write(STREAM_BEGIN)
            while message := await listener.queue.get():
                listener.is_sending = True
                await response.write(message.event_text)
                listener.is_sending = False
        except ConnectionError:
            return response  # the listener has gone
    return response
