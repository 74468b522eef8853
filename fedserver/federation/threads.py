"""Threads of peers read anew: what the `replies` and `context` collections name and we do not have.

Bounded on every side, as a thread is what strangers make of it: in posts, pages, depth and time. A collection
counts only from the origin of the post that names it; each post is read from its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import msgspec
import structlog

from activitypub import ActivityPubError, Document, collection_items, next_page, same_origin
from activitypub import document as read
from fedserver.federation.fetch import Gone
from fedserver.federation.resolve import Resolver
from storage import Database, queries

log = structlog.stdlib.get_logger("fedserver.federation")
MOST_POSTS, MOST_PAGES, MOST_COLLECTIONS, MOST_DEPTH = 100, 5, 40, 6
SECONDS = 60.0
TOLD_EVERY = 10

Report = Callable[[int], Awaitable[None]]
decode = msgspec.json.Decoder(dict).decode


async def refresh(db: Database, resolver: Resolver, uri: str, report: Report) -> int:
    """Learn the posts of the thread at the post `uri`; how many were new. `report` hears of it on the way."""
    reader = _Reader(db, resolver, report)
    try:
        async with asyncio.timeout(SECONDS):
            await reader.read(uri)
    except TimeoutError:
        log.info("thread_cut_short", uri=uri[:300], found=reader.found)
    return reader.found


class _Reader:
    """One walk through a thread, breadth first."""

    def __init__(self, db: Database, resolver: Resolver, report: Report) -> None:
        self._db = db
        self._resolver = resolver
        self._report = report
        self._seen: set[str] = set()
        self._asked = 0
        self._collections = 0
        self.found = 0

    async def read(self, root: str) -> None:
        waiting = deque([(root, 0)])
        self._seen.add(root)
        while waiting and self._asked < MOST_POSTS:
            uri, depth = waiting.popleft()
            if depth:
                await self._learn(uri)
            if depth >= MOST_DEPTH:
                continue
            async for each in self._named(uri):
                if each not in self._seen and len(self._seen) <= MOST_POSTS:
                    self._seen.add(each)
                    waiting.append((each, depth + 1))

    async def _learn(self, uri: str) -> None:
        async with self._db.read() as tx:
            known = await queries.posts.by_uri(tx, uri)
        if known is not None:
            return
        self._asked += 1
        if await self._resolver.post(uri) is not None:
            self.found += 1
            if self.found % TOLD_EVERY == 1:
                await self._report(self.found)

    async def _named(self, uri: str) -> AsyncIterator[str]:
        """What the collections of a post name; nothing for a post that is ours or that never came."""
        async with self._db.read() as tx:
            original = await queries.posts.original(tx, uri)
        if original is None:
            return
        for collection in _collections(uri, decode(original)):
            if self._collections >= MOST_COLLECTIONS:
                return
            self._collections += 1
            async for each in self._items(uri, collection):
                yield each

    async def _items(self, uri: str, collection: str) -> AsyncIterator[str]:
        page: str | None = collection
        for _ in range(MOST_PAGES):
            document = await self._document(page) if page is not None else None
            if document is None:
                return
            for item in collection_items(document, MOST_POSTS):
                found = read.id_of(item)
                if found is not None and read.is_web(found):
                    yield found
            page = next_page(document)
            if page is not None and not same_origin(uri, page):
                return

    async def _document(self, uri: str) -> Document | None:
        try:
            return await self._resolver.document(uri)
        except (Gone, ActivityPubError) as error:
            log.info("collection_refused", uri=uri[:300], reason=str(error))
            return None


def _collections(uri: str, document: Document) -> Iterator[str]:
    """Addresses of the collections that a post names and its own origin serves."""
    named = (read.id_of(document.get(name)) for name in ("replies", "context"))
    for each in dict.fromkeys(named):
        if each is not None and each != uri and same_origin(uri, each):
            yield each
