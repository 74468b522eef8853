"""The `replies` of our posts and the collections of our threads: each with its first page embedded.

Self-replies come first, as in Mastodon: readers that take only the embedded page (GoToSocial, Mastodon on
arrival) then have the author's own thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from activitypub.collections import write_collection, write_first_page, write_page
from activitypub.document import Document
from fedserver.domain.timelines import post_views, timelines
from storage.engine import ReadTx
from storage.rows.posts import PostRow

MAX_SELF_REPLIES = 5  # embedded in each document of a post; Mastodon reads as many
PAGE_SIZE = 50
OTHERS = "only_other_accounts=true"

SelfReplies = Sequence[tuple[int, str]]


async def load_self_replies(tx: ReadTx, rows: Iterable[PostRow]) -> dict[int, list[tuple[int, str]]]:
    """Return id and URI of the replies that documents of posts embed; no statement if there are none."""
    answered_ids = [row.id for row in rows if row.replies_count]
    return await timelines.load_self_replies(tx, answered_ids, MAX_SELF_REPLIES) if answered_ids else {}


def render_replies(row: PostRow, self_replies: SelfReplies = ()) -> Document:
    """Return the `replies` of a post, without `@context`."""
    uri = f"{row.uri}/replies"
    following = _next_url(uri, [reply_id for reply_id, _ in self_replies], MAX_SELF_REPLIES, own=True)
    items = [reply_uri for _, reply_uri in self_replies]
    first = write_first_page(f"{uri}?page=true", uri, items, following=following, ordered=False)
    return {"id": uri, "type": "Collection", "totalItems": row.replies_count, "first": first}


async def render_replies_page(tx: ReadTx, row: PostRow, page_uri: str, *, own: bool, after: int) -> Document:
    """Return a page of public replies: those of the author, or those of others."""
    uri = f"{row.uri}/replies"
    ids = await timelines.list_replies(tx, row, own=own, after=after, limit=PAGE_SIZE)
    views = await post_views.load(tx, ids, None)
    return write_page(
        page_uri,
        uri,
        [view.post.uri for view in views],
        total=row.replies_count,
        following=_next_url(uri, ids, PAGE_SIZE, own=own),
        ordered=False,
    )


def _next_url(uri: str, ids: Sequence[int], size: int, *, own: bool) -> str | None:
    """Return the address of the page after one with these ids: others' replies come after the author's."""
    position = f"&min_id={ids[-1]}" if len(ids) >= size else ""
    if own:
        return f"{uri}?page=true{position or f'&{OTHERS}'}"
    return f"{uri}?page=true&{OTHERS}{position}" if position else None


async def render_thread(tx: ReadTx, uri: str, root: post_views.PostView) -> Document:
    """Return the collection of a thread that began at a post of ours (FEP-7888, FEP-f228)."""
    uris, following = await _list_thread(tx, uri, root.post, 0)
    first = write_first_page(f"{uri}?page=true", uri, uris, following=following)
    collection = write_collection(uri, None, first=first)
    return {**collection, "attributedTo": root.account.account.uri}


async def render_thread_page(tx: ReadTx, uri: str, page_uri: str, row: PostRow, after: int) -> Document:
    """Return a page of such a collection."""
    uris, following = await _list_thread(tx, uri, row, after)
    return write_page(page_uri, uri, uris, total=None, following=following)


async def _list_thread(tx: ReadTx, uri: str, row: PostRow, after: int) -> tuple[list[str], str | None]:
    ids = await timelines.list_thread_page(tx, row, after, PAGE_SIZE)
    views = await post_views.load(tx, ids, None)
    following = f"{uri}?page=true&min_id={ids[-1]}" if len(ids) >= PAGE_SIZE else None
    return [view.post.uri for view in views], following
