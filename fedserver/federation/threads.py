"""Fetch the posts of peers' threads that their `replies` and `context` collections name and this node lacks.

Where a thread is not whole upwards, the post that is missing there is fetched first; it brings up to 40 more
above it, so that a longer one is filled each time that it is opened.

Bounded in posts, collections, pages, depth, requests to a host, and time, as anyone can make a thread as
large as they like. Pages that are embedded in a post count as those behind an address do (FEP-f228). A
collection counts only from the origin of the post that names it; each post is read from its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import structlog

from activitypub.authority import host_of, same_origin
from activitypub.collections import get_embedded_replies, post_uris, read_part, thread_collections
from activitypub.document import id_of
from activitypub.errors import AuthorityError
from fedserver.federation.resolve import Resolver
from storage.engine import ReadTx
from storage.queries.posts import posts as post_queries
from storage.rows.posts import PostRow

log = structlog.stdlib.get_logger("fedserver.federation")
MAX_POSTS, MAX_PAGES, MAX_COLLECTIONS, MAX_DEPTH = 100, 5, 40, 6
MAX_REQUESTS_PER_HOST = 120  # a thread may name whatever host it likes
TIMEOUT_S = 60.0
REPORT_INTERVAL = 10  # new posts

_decode = msgspec.json.Decoder(dict[str, Any]).decode
ProgressCallback = Callable[[int], Awaitable[None]]


async def can_refresh(tx: ReadTx, post: PostRow) -> bool:
    """Return True if a post above a post of a peer is missing, or its document names collections to read."""
    if await post_queries.find_missing_ancestor(tx, post.id) is not None:
        return True
    text = await post_queries.find_original(tx, post.uri)
    document = _decode(text) if text is not None else {}
    return get_embedded_replies(document) is not None or bool(thread_collections(document))


async def refresh_thread(
    resolver: Resolver, uri: str, report: ProgressCallback, *, max_posts: int = MAX_POSTS
) -> int:
    """Fetch the posts of the thread at the post `uri`. Returns how many are new; `report` gets counts."""
    reader = _ThreadReader(resolver, report, max_posts)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await reader.climb(uri)
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
        self._fetched: set[str] = set()  # posts that were not stored before
        self._read_pages: set[str] = set()
        self._requests: Counter[str] = Counter()  # by host
        self._collection_count = 0
        self.new_count = 0

    async def climb(self, root: str) -> None:
        """Fetch the first post above `root` that is missing; jobs for those above it are enqueued with it."""
        uri = await self._resolver.find_missing_ancestor(root)
        if uri is not None:
            await self._fetch_post(uri)

    async def read(self, root: str) -> None:
        """Fetch the posts below and around `root` until a bound is reached."""
        waiting = deque([(root, 0)])
        self._seen.add(root)
        while waiting and len(self._fetched) < self._max_posts:
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
        if await self._resolver.find_post(uri) is not None or not self._may_request(uri):
            return
        self._fetched.add(uri)
        if await self._resolver.resolve_post(uri) is not None:
            self.new_count += 1
            if self.new_count % REPORT_INTERVAL == 1:
                await self._report(self.new_count)

    def _may_request(self, uri: str) -> bool:
        """Count a request to the host of an address; return False if there were too many."""
        try:
            host = host_of(uri)
        except AuthorityError:
            return False
        self._requests[host] += 1
        return self._requests[host] <= MAX_REQUESTS_PER_HOST

    async def _iter_thread_uris(self, uri: str) -> AsyncIterator[str]:
        """Yield what the collections of a post name; nothing for a local post or one that is not stored."""
        original = await self._resolver.find_original(uri)
        if original is None:
            return
        read_embedded = False
        if (embedded := get_embedded_replies(original)) is not None:
            part = read_part(embedded, MAX_POSTS)
            read_embedded = bool(part.items or part.next)
            for item_uri in post_uris(part):
                yield item_uri
            async for item_uri in self._iter_pages(uri, part.next):
                yield item_uri
        for collection in thread_collections(original):
            # What came just now with the post is as new as its collection.
            if read_embedded and uri in self._fetched and collection == id_of(embedded):
                continue
            async for item_uri in self._iter_pages(collection, collection):
                yield item_uri

    async def _iter_pages(self, owner: str, page: str | None) -> AsyncIterator[str]:
        """Yield what a collection names, from a page on; all pages are of the origin of `owner`."""
        if page is None or self._collection_count >= MAX_COLLECTIONS:
            return
        self._collection_count += 1
        for _ in range(MAX_PAGES):
            if page is None or page in self._read_pages or not same_origin(owner, page):
                return
            self._read_pages.add(page)
            document = await self._resolver.fetch_collection(page) if self._may_request(page) else None
            if document is None:
                return
            part = read_part(document, MAX_POSTS)
            for item_uri in post_uris(part):
                yield item_uri
            page = part.next
