"""The streams that are open, and the messages that wait to be sent to their listeners.

There is one hub in a process. An event carries ids; `stream_events` turns each kind of event into messages. A
listener that does not keep up loses its stream, so that its messages do not fill our memory. Streams end with
the token that opened them: at once if this process gets the event, else with the next heartbeat.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import structlog
from aiohttp import web

from fedserver.domain.auth import tokens
from fedserver.domain.kernel import events
from fedserver.domain.kernel.context import Principal
from fedserver.runtime.services import Services
from fedserver.web.json import encode
from storage.engine import Event
from storage.errors import DatabaseUnavailableError

log = structlog.stdlib.get_logger("fedserver.streaming")
MAX_WAITING = 500  # messages of a listener; who is further behind than this does not keep up
MAX_EVENTS = 10_000  # of a process, so that a burst does not fill its memory
HEARTBEAT_SECONDS = 15.0  # proxies close connections that are silent for a minute
REVOKED, TOO_SLOW, STOPPING = (4001, b"token revoked"), (1013, b"too slow"), (1001, b"stopping")

StreamName = tuple[str, ...]
"""A stream as its client names it: `("user",)`, `("hashtag", "Ghent")`."""
Channel = tuple[str, int | str]
"""Where messages are published: `("user", account)`, `("hashtag", "ghent")`, `("public", "")` …"""
EventHandler = Callable[["Hub", Mapping[str, Any]], Awaitable[None]]


class StreamMessage:
    """An event of a stream, encoded once for all listeners; `payload` is JSON in a string, or None."""

    def __init__(self, name: StreamName, event: str, payload: str | None) -> None:
        self.stream, self.event, self.payload = name, event, payload

    @cached_property
    def websocket_frame(self) -> bytes:
        """The message as a WebSocket carries it."""
        frame: dict[str, object] = {"stream": self.stream, "event": self.event}
        return encode(frame if self.payload is None else {**frame, "payload": self.payload})

    @cached_property
    def event_text(self) -> bytes:
        """The message as server-sent events carry it; a comment if it belongs to no stream."""
        if not self.stream:
            return f":{self.event}\n".encode()
        return f"event: {self.event}\ndata: {self.payload or ''}\n\n".encode()


# Mastodon sends ":thump" as its heartbeat.
HEARTBEAT = StreamMessage((), "thump", None)


@dataclass(eq=False, slots=True)
class Listener:
    """A connection: its principal, its streams with their channels, and its messages (None ends it)."""

    caller: Principal
    account_id: int
    abort: Callable[[], None]  # closes the connection at once, without a closing frame
    wants_heartbeat: bool = False  # of server-sent events, which have no ping
    streams: dict[StreamName, tuple[Channel, ...]] = field(default_factory=dict)
    queue: asyncio.Queue[StreamMessage | None] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))
    is_sending: bool = False
    close_reason: tuple[int, bytes] | None = None

    def end(self, reason: tuple[int, bytes]) -> None:
        """End the stream with a close code and its reason; messages that wait are dropped."""
        self.close_reason = self.close_reason or reason
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)
        if self.is_sending:
            # It does not read what was sent before, so it would not read the end either.
            self.abort()


class Hub:
    """All listeners of a process."""

    def __init__(self, services: Services, handlers: Mapping[str, EventHandler]) -> None:
        self.services = services
        self.heartbeat_seconds = HEARTBEAT_SECONDS
        # Of the life of the process: listeners that were too slow, events that reached nobody.
        self.dropped_listeners = self.lost_events = 0
        self._handlers = handlers
        self._listeners: set[Listener] = set()
        self._channels: dict[str, dict[int | str, dict[Listener, set[StreamName]]]] = {}
        self._events: asyncio.Queue[Event] = asyncio.Queue(MAX_EVENTS)
        self._tasks: list[asyncio.Task[None]] = []
        self._unsubscribe_events = services.db.listen(self._receive)

    def __len__(self) -> int:
        return len(self._listeners)

    def add(self, listener: Listener) -> None:
        """Add a listener; the first one starts the tasks of the hub."""
        self._listeners.add(listener)
        self.services.metrics.streams_open.set(len(self._listeners))
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._send_heartbeats())]

    def remove(self, listener: Listener) -> None:
        """Remove a listener from all channels."""
        for name in tuple(listener.streams):
            self.unsubscribe(listener, name)
        self._listeners.discard(listener)
        self.services.metrics.streams_open.set(len(self._listeners))

    def subscribe(self, listener: Listener, name: StreamName, channels: tuple[Channel, ...]) -> None:
        """Send the listener what is published to `channels` from now on; a second call changes nothing."""
        listener.streams[name] = channels
        for kind, subject in channels:
            listeners = self._channels.setdefault(kind, {}).setdefault(subject, {})
            listeners.setdefault(listener, set()).add(name)

    def unsubscribe(self, listener: Listener, name: StreamName) -> None:
        """End one stream of a listener, if it is open."""
        for kind, subject in listener.streams.pop(name, ()):
            listeners = self._channels[kind][subject]
            listeners[listener].discard(name)
            if not listeners[listener]:
                del listeners[listener]
            if not listeners:
                del self._channels[kind][subject]

    def list_subjects(self, kind: str) -> list[Any]:
        """Return the subjects of a kind that have listeners: account ids for `user`, list ids for `list` …"""
        return list(self._channels.get(kind, ()))

    def list_listening_accounts(self, channels: Iterable[Channel]) -> set[int]:
        """Return the accounts of those who listen to one of the channels."""
        return {
            listener.account_id
            for kind, subject in channels
            for listener in self._channels.get(kind, {}).get(subject, ())
        }

    def publish(self, channels: Iterable[Channel], event: str, payload: str | None) -> None:
        """Send the same payload to every listener of these channels."""
        self._publish(channels, event, lambda _: payload)

    def publish_per_account(
        self, channels: Iterable[Channel], event: str, payloads: Mapping[int, str]
    ) -> None:
        """Send each listener of these channels the payload for its account, if there is one."""
        self._publish(channels, event, payloads.get, everybody=False)

    def _publish(
        self,
        channels: Iterable[Channel],
        event: str,
        payload_of: Callable[[int], str | None],
        *,
        everybody: bool = True,
    ) -> None:
        messages: dict[tuple[StreamName, int], StreamMessage] = {}
        for kind, subject in channels:
            for listener, names in self._channels.get(kind, {}).get(subject, {}).items():
                payload = payload_of(listener.account_id)
                if payload is None and not everybody:
                    continue
                for name in names:
                    message = messages.get((name, id(payload)))
                    if message is None:
                        message = messages[name, id(payload)] = StreamMessage(name, event, payload)
                    self._enqueue(listener, message)

    def _enqueue(self, listener: Listener, message: StreamMessage) -> None:
        if listener.close_reason is not None:
            return
        try:
            listener.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.dropped_listeners += 1
            log.info("stream_dropped", account_id=listener.account_id)
            listener.end(TOO_SLOW)

    async def close(self) -> None:
        """End every stream."""
        self._unsubscribe_events()
        for listener in tuple(self._listeners):
            listener.end(STOPPING)
        for task in self._tasks:
            task.cancel()

    def _receive(self, event: Event) -> None:
        if not self._listeners:
            return
        if event.kind == events.TOKEN_REVOKED:
            for listener in tuple(self._listeners):
                if listener.caller.token_id == event.data["token_id"]:
                    listener.end(REVOKED)
        elif event.kind in self._handlers:
            if self._events.full():
                self._count_lost()
            else:
                self._events.put_nowait(event)

    def _count_lost(self) -> None:
        self.lost_events += 1
        self.services.metrics.events_lost.inc()

    async def _run(self) -> None:
        while True:
            event = await self._events.get()
            try:
                await self._handlers[event.kind](self, event.data)
            except Exception:
                # A stream may miss an event; it must not stop for everybody.
                self._count_lost()
                log.exception("stream_event_failed", kind=event.kind)

    async def _send_heartbeats(self) -> None:
        """Send heartbeats to listeners that want them; end streams whose token another process revoked."""
        while True:
            await asyncio.sleep(self.heartbeat_seconds)
            for listener in tuple(self._listeners):
                if listener.wants_heartbeat:
                    self._enqueue(listener, HEARTBEAT)
            try:
                await self.close_revoked(tuple(self._listeners))
            except DatabaseUnavailableError:
                log.info("streams_not_checked")

    async def close_revoked(self, listeners: Iterable[Listener]) -> None:
        """End the streams whose token is not valid any more."""
        listeners = [listener for listener in listeners if listener.caller.token_id is not None]
        if not listeners:
            return
        async with self.services.db.read() as tx:
            valid = await tokens.load_active(tx, [listener.caller.token_id or 0 for listener in listeners])
        for listener in listeners:
            if listener.caller.token_id not in valid:
                listener.end(REVOKED)


HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
