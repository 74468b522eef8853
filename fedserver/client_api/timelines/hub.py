"""Who listens to which stream, and what waits to be sent to them.

One hub a process. An event carries ids; `stream_events` says for each kind of event who hears what. A
listener that does not keep up loses its stream rather than our memory. Streams end with the token that opened
them, at once if we hear of it, else within a beat.
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
MAX_WAITING = 500
MAX_EVENTS = 10_000
HEARTBEAT_SECONDS = 15.0
REVOKED, TOO_SLOW, STOPPING = (4001, b"token revoked"), (1013, b"too slow"), (1001, b"stopping")

StreamName = tuple[str, ...]
"""A stream as its client names it: `("user",)`, `("hashtag", "Ghent")`."""
Channel = tuple[str, int | str]
"""Where events are told: `("user", account)`, `("list", list)`, `("hashtag", "ghent")`, `("public", "")`."""
EventHandler = Callable[["Hub", Mapping[str, Any]], Awaitable[None]]


class StreamMessage:
    """An event of a stream; `payload` is JSON in a string, as clients expect it. Encoded once for all."""

    def __init__(self, name: StreamName, event: str, payload: str | None) -> None:
        self.stream, self.event, self.payload = name, event, payload

    @cached_property
    def websocket_frame(self) -> bytes:
        """As a WebSocket carries it."""
        made: dict[str, object] = {"stream": self.stream, "event": self.event}
        return encode(made if self.payload is None else {**made, "payload": self.payload})

    @cached_property
    def event_text(self) -> bytes:
        """As server-sent events carry it; a comment if it belongs to no stream."""
        if not self.stream:
            return f":{self.event}\n".encode()
        return f"event: {self.event}\ndata: {self.payload or ''}\n\n".encode()


HEARTBEAT = StreamMessage((), "thump", None)


@dataclass(eq=False, slots=True)
class Listener:
    """A connection: who, which streams with their rooms, and what waits to be sent (None: the end)."""

    caller: Principal
    account_id: int
    abort: Callable[[], None]  # ends the connection without another word
    wants_heartbeat: bool = False  # wants to be told that it still lives
    streams: dict[StreamName, tuple[Channel, ...]] = field(default_factory=dict)
    queue: asyncio.Queue[StreamMessage | None] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))
    is_sending: bool = False
    close_reason: tuple[int, bytes] | None = None

    def end(self, why: tuple[int, bytes]) -> None:
        """Nothing more comes, not even what waits."""
        self.close_reason = self.close_reason or why
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)
        if self.is_sending:
            # It does not take what was sent before, so it would not take the end either.
            self.abort()


class Hub:
    """All listeners of a process. `dropped` counts those that were too slow, `missed` lost events."""

    def __init__(self, services: Services, tellers: Mapping[str, EventHandler]) -> None:
        self.services = services
        self.heartbeat_seconds = HEARTBEAT_SECONDS
        self.dropped_listeners = self.lost_events = 0
        self._handlers = tellers
        self._listeners: set[Listener] = set()
        self._channels: dict[str, dict[int | str, dict[Listener, set[StreamName]]]] = {}
        self._events: asyncio.Queue[Event] = asyncio.Queue(MAX_EVENTS)
        self._tasks: list[asyncio.Task[None]] = []
        self._unsubscribe_events = services.db.listen(self._receive)

    def __len__(self) -> int:
        return len(self._listeners)

    def add(self, listener: Listener) -> None:
        self._listeners.add(listener)
        self.services.metrics.streams_open.set(len(self._listeners))
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._send_heartbeats())]

    def remove(self, listener: Listener) -> None:
        for name in tuple(listener.streams):
            self.unsubscribe(listener, name)
        self._listeners.discard(listener)
        self.services.metrics.streams_open.set(len(self._listeners))

    def subscribe(self, listener: Listener, name: StreamName, rooms: tuple[Channel, ...]) -> None:
        """Tell `listener` from now on what is told to `rooms`; again changes nothing."""
        listener.streams[name] = rooms
        for kind, subject in rooms:
            room = self._channels.setdefault(kind, {}).setdefault(subject, {})
            room.setdefault(listener, set()).add(name)

    def unsubscribe(self, listener: Listener, name: StreamName) -> None:
        for kind, subject in listener.streams.pop(name, ()):
            room = self._channels[kind][subject]
            room[listener].discard(name)
            if not room[listener]:
                del room[listener]
            if not room:
                del self._channels[kind][subject]

    def list_subjects(self, kind: str) -> list[Any]:
        """What somebody listens to: accounts for `user`, lists for `list`, hashtags for `hashtag` …"""
        return list(self._channels.get(kind, ()))

    def list_listening_accounts(self, rooms: Iterable[Channel]) -> set[int]:
        """The accounts of those who listen to one of the rooms."""
        return {
            each.account_id
            for kind, subject in rooms
            for each in self._channels.get(kind, {}).get(subject, ())
        }

    def publish(self, rooms: Iterable[Channel], event: str, payload: str | None) -> None:
        """The same for everybody in these rooms."""
        self._publish(rooms, event, lambda _: payload)

    def publish_per_account(self, rooms: Iterable[Channel], event: str, payloads: Mapping[int, str]) -> None:
        """To everybody in these rooms what is meant for their account, if anything is."""
        self._publish(rooms, event, payloads.get, everybody=False)

    def _publish(
        self,
        rooms: Iterable[Channel],
        event: str,
        payload_of: Callable[[int], str | None],
        *,
        everybody: bool = True,
    ) -> None:
        made: dict[tuple[StreamName, int], StreamMessage] = {}
        for kind, subject in rooms:
            for listener, names in self._channels.get(kind, {}).get(subject, {}).items():
                payload = payload_of(listener.account_id)
                if payload is None and not everybody:
                    continue
                for name in names:
                    message = made.get((name, id(payload)))
                    if message is None:
                        message = made[name, id(payload)] = StreamMessage(name, event, payload)
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
        """Show those who want it that their stream lives; end streams whose token was revoked elsewhere."""
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
        """End those streams whose token opens nothing any more."""
        listeners = [each for each in listeners if each.caller.token_id is not None]
        if not listeners:
            return
        async with self.services.db.read() as tx:
            valid = await tokens.load_active(tx, [each.caller.token_id or 0 for each in listeners])
        for listener in listeners:
            if listener.caller.token_id not in valid:
                listener.end(REVOKED)


HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
