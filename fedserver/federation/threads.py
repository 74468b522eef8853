"""Fetch the posts of peers' threads that their `replies` and `context` collections name and this node lacks.

Bounded in posts, collections, pages, depth and time, as anyone can make a thread as large as they like. A
collection counts only from the origin of the post that names it; each post is read from its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from activitypub.authority import same_origin
from activitypub.collections import item_uris, next_page, thread_collections
from fedserver.federation.resolve import Resolver

log = structlog.stdlib.get_logger("fedserver.federation")
MAX_POSTS, MAX_PAGES, MAX_COLLECTIONS, MAX_DEPTH = 100, 5, 40, 6
TIMEOUT_S = 60.0
REPORT_INTERVAL = 10  # new posts

ProgressCallback = Callable[[int], Awaitable[None]]


async def refresh_thread(
    resolver: Resolver, uri: str, report: ProgressCallback, *, max_posts: int = MAX_POSTS
) -> int:
    """Fetch the posts of the thread at the post `uri`. Returns how many are new; `report` gets counts."""
    reader = _ThreadReader(resolver, report, max_posts)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await reader.read(uri)
    except TimeoutError:
        log.info("thread_cut_short", uri=uri[:300], found=reader.new_count)
    return reader.new_count


class _ThreadReader:
    """One walk through a thread, breadth first."""

    def __init__(self, resolver: Resolver, report: ProgressCallback, max_posts: int) -> None:
        self._max_posts = max_posts
        self._resolver = resolver
        self._report = report
        self._seen: set[str] = set()
        self._fetched_count = 0
        self._collection_count = 0
        self.new_count = 0

    async def read(self, root: str) -> None:
        """Fetch the posts below and around `root` until a bound is reached."""
        waiting = deque([(root, 0)])
        self._seen.add(root)
        while waiting and self._fetched_count < self._max_posts:
            uri, depth = waiting.popleft()
            if depth:
                await self._fetch_post(uri)
            if depth >= MAX_DEPTH:
                continue
            async for linked_uri in self._iter_thread_uris(uri):
                if linked_uri not in self._seen and len(self._seen) <= self._max_posts:
                    self._seen.add(linked_uri)
                    waiting.append((linked_uri, depth + 1))

    async def _fetch_post(self, uri: str) -> None:
        if await self._resolver.find_post(uri) is not None:
            return
        self._fetched_count += 1
        if await self._resolver.resolve_post(uri) is not None:
            self.new_count += 1
            if self.new_count % REPORT_INTERVAL == 1:
                await self._report(self.new_count)

    async def _iter_thread_uris(self, uri: str) -> AsyncIterator[str]:
        """Yield what the collections of a post name; nothing for a local post or one that is not stored."""
        original = await self._resolver.find_original(uri)
        for collection in thread_collections(original) if original is not None else ():
            if self._collection_count >= MAX_COLLECTIONS:
                return
            self._collection_count += 1
            async for item_uri in self._iter_collection(collection):
                yield item_uri

    async def _iter_collection(self, collection: str) -> AsyncIterator[str]:
        page: str | None = collection
        for _ in range(MAX_PAGES):
            document = await self._resolver.fetch_collection(page) if page is not None else None
            if document is None:
                return
            for item_uri in item_uris(document, MAX_POSTS):
                yield item_uri
            page = next_page(document)
            if page is not None and not same_origin(collection, page):
                return
