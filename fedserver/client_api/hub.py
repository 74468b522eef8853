"""Who listens to which stream, and what they are told.

One hub a process. An event carries ids; the hub finds who may hear of it, reads what they may see and
writes it into their queues. A listener that does not keep up loses its stream rather than our memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog
from aiohttp import web

from fedserver import domain
from fedserver.client_api.entities import conversation, notification, status
from fedserver.http import Services
from fedserver.text import fold_tag
from storage import Event, Tx

log = structlog.stdlib.get_logger("fedserver.streaming")
encode = msgspec.json.Encoder().encode
_tags = msgspec.json.Decoder(list[str]).decode
MOST_WAITING = 500
Stream = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """An event of a stream; `payload` is JSON in a string, as clients expect it."""

    stream: Stream
    event: str
    payload: str | None

    def as_json(self) -> dict[str, object]:
        made: dict[str, object] = {"stream": list(self.stream), "event": self.event}
        return made if self.payload is None else {**made, "payload": self.payload}


@dataclass(eq=False, slots=True)
class Listener:
    """A connection: who, which streams, and what waits to be sent (None: the end)."""

    caller: domain.Caller
    streams: set[Stream] = field(default_factory=set)
    queue: asyncio.Queue[Message | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    lost: int = 0

    @property
    def account_id(self) -> int | None:
        return self.caller.account.id if self.caller.account else None

    def tell(self, message: Message) -> None:
        """Put a message in the queue; one that is full ends the stream."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.lost += self.queue.qsize() + 1
            self.end()

    def end(self) -> None:
        """Nothing more comes."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """All listeners of a process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._listeners: set[Listener] = set()
        self._work: asyncio.Queue[Event] = asyncio.Queue(10_000)
        self._task: asyncio.Task[None] | None = None
        self._stop = services.db.listen(self._hear)

    def add(self, listener: Listener) -> None:
        self._listeners.add(listener)
        self._services.metrics.streams_open = len(self._listeners)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def remove(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        self._services.metrics.streams_open = len(self._listeners)
        self._services.metrics.events_lost += listener.lost

    async def close(self) -> None:
        """End every stream."""
        self._stop()
        for listener in tuple(self._listeners):
            listener.end()
        if self._task is not None:
            self._task.cancel()

    def _hear(self, event: Event) -> None:
        if not self._listeners:
            return
        if event.kind == domain.events.TOKEN_REVOKED:
            self._end(token_id=event.data["token_id"])
        elif not self._work.full():
            self._work.put_nowait(event)
        else:
            self._services.metrics.events_lost += 1

    def _end(self, token_id: int) -> None:
        for listener in tuple(self._listeners):
            if listener.caller.token_id == token_id:
                listener.end()

    async def _run(self) -> None:
        while True:
            event = await self._work.get()
            try:
                await self._tell(event)
            except Exception:
                # A stream may miss an event; it must not stop for everybody.
                self._services.metrics.events_lost += 1
                log.exception("stream_event_failed", kind=event.kind)

    async def _tell(self, event: Event) -> None:
        match event.kind:
            case domain.events.POST_PUBLISHED:
                await self._post(event.data["post_id"], "update")
            case domain.events.POST_EDITED | domain.events.POLL_TALLIED:
                await self._post(event.data["post_id"], "status.update")
            case domain.events.POST_DELETED:
                self._deleted(event.data["post_id"], event.data["listeners"])
            case domain.events.NOTIFIED:
                await self._notified(event.data["account_id"], event.data["notification_id"])
            case domain.events.NOTIFICATIONS_MERGED:
                self._personal(
                    event.data["account_id"], "notifications_merged", "1", ("user", "user:notification")
                )
            case domain.events.CONVERSATION_CHANGED:
                await self._conversed(event.data["account_id"], event.data["conversation_id"])
            case domain.events.ANNOUNCEMENT_REACTED:
                await self._reacted(event.data["announcement_id"], event.data["name"])
            case domain.events.FILTERS_CHANGED:
                self._personal(event.data["account_id"], "filters_changed", None)

    def _of(self, account_id: int | None) -> list[Listener]:
        return [each for each in self._listeners if each.account_id == account_id]

    async def _post(self, post_id: int, word: str) -> None:
        listening = {each.account_id for each in self._listeners if each.account_id is not None}
        async with self._services.db.read() as tx:
            at_home = set(await domain.home.holders(tx, post_id, list(listening)))
            for account_id in at_home:
                await self._for_account(tx, account_id, post_id, word)
            await self._for_public(tx, post_id, word)

    async def _for_account(self, tx: Tx, account_id: int, post_id: int, word: str) -> None:
        views = await domain.post_views.load(tx, [post_id], account_id, context="home")
        if views:
            payload = encode(status(self._services.site.links, views[0])).decode()
            self._personal(account_id, word, payload)

    def _personal(
        self, account_id: int | None, word: str, payload: str | None, streams: Sequence[str] = ("user",)
    ) -> None:
        for listener in self._of(account_id):
            for name in streams:
                if (name,) in listener.streams:
                    listener.tell(Message((name,), word, payload))

    async def _for_public(self, tx: Tx, post_id: int, word: str) -> None:
        wanted = {stream for each in self._listeners for stream in each.streams} - {("user",)}
        if not wanted:
            return
        views = await domain.post_views.load(tx, [post_id], None, context="public")
        if not views or views[0].post.visibility != "public" or views[0].boost_of is not None:
            return
        row = views[0].post
        where = "public:local" if row.local else "public:remote"
        streams: set[Stream] = {("public",), (where,)}
        for name in _tags(row.tags):
            streams.add(("hashtag", fold_tag(name)))
            if row.local:
                streams.add(("hashtag:local", fold_tag(name)))
        if streams & wanted:
            await self._broadcast(tx, post_id, streams, word)

    async def _broadcast(self, tx: Tx, post_id: int, streams: Iterable[Stream], word: str) -> None:
        """Each listener gets the post as itself may see it: mutes, blocks and filters hold."""
        wanted = set(streams)
        payloads: dict[int | None, str | None] = {}
        for listener in tuple(self._listeners):
            chosen = listener.streams & wanted
            if not chosen:
                continue
            account_id = listener.account_id
            if account_id not in payloads:
                views = await domain.post_views.load(tx, [post_id], account_id, context="public")
                shown = encode(status(self._services.site.links, views[0])).decode() if views else None
                payloads[account_id] = shown
            payload = payloads[account_id]
            if payload is not None:
                for stream in chosen:
                    listener.tell(Message(stream, word, payload))

    def _deleted(self, post_id: int, holders: list[int]) -> None:
        had = set(holders)
        for listener in tuple(self._listeners):
            for stream in tuple(listener.streams):
                if stream[0] != "user" or listener.account_id in had:
                    listener.tell(Message(stream, "delete", str(post_id)))

    async def _notified(self, account_id: int, notification_id: int) -> None:
        if not self._of(account_id):
            return
        async with self._services.db.read() as tx:
            view = await domain.notifications.by_id(tx, notification_id)
        if view is None:
            return
        payload = encode(notification(self._services.site.links, view)).decode()
        self._personal(account_id, "notification", payload, ("user", "user:notification"))

    async def _conversed(self, account_id: int, conversation_id: int) -> None:
        if not any(("direct",) in each.streams for each in self._of(account_id)):
            return
        async with self._services.db.read() as tx:
            view = await domain.conversations.by_id(tx, conversation_id)
        if view is not None:
            payload = encode(conversation(self._services.site.links, view)).decode()
            self._personal(account_id, "conversation", payload, ("direct",))

    async def _reacted(self, announcement_id: int, name: str) -> None:
        """All members hear of it."""
        async with self._services.db.read() as tx:
            count = await domain.announcements.reacted(tx, announcement_id, name)
        told = {"name": name, "count": count, "announcement_id": str(announcement_id)}
        for account_id in {each.account_id for each in self._listeners} - {None}:
            self._personal(account_id, "announcement.reaction", encode(told).decode())


HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
