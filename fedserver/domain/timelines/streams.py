"""The streams in which a post appears beside home timelines: the rules of the timelines, for one post.

The client API's page: docs.joinmastodon.org/methods/streaming.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fedserver.domain.kernel import events
from fedserver.domain.timelines import post_cache, post_views
from fedserver.domain.timelines.post_views import PostView
from fedserver.text.names import fold_tag
from storage.engine import ReadTx, Tx
from storage.queries.relationships import lists as list_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.queries.timelines import post_facts as post_fact_queries
from storage.queries.timelines import timelines as timeline_queries
from storage.rows.posts import PostRow

StreamKey = tuple[str, str]  # its name, and its hashtag or ''
LIST_VISIBILITIES = ("public", "unlisted", "followers", "local", "partners")
MAX_EVENT_BYTES = 5_000  # an event of PostgreSQL holds 8000
_decode_tags = msgspec.json.Decoder(list[str]).decode


def list_for_post(post: PostRow, *, is_limited: bool, has_media: bool) -> list[StreamKey]:
    """Return public and hashtag streams of a post; none for a boost, or if its author is limited."""
    if post.boost_of_id is not None or post.state != "published" or is_limited:
        return []
    names = _public_names(post)
    if has_media:
        names += [f"{name}:media" for name in names]
    return [*((name, "") for name in names), *_tag_streams(post)]


def _public_names(post: PostRow) -> list[str]:
    if post.in_reply_to_uri is not None and post.in_reply_to_account_id != post.account_id:
        return []
    where = "public:local" if post.local else "public:remote"
    if post.visibility == "public":
        return ["public", where]
    return [where] if post.visibility in ("local", "partners") and post.local else []


def _tag_streams(post: PostRow) -> list[StreamKey]:
    if post.visibility != "public":
        return []
    names = ("hashtag", "hashtag:local") if post.local else ("hashtag",)
    return [(name, fold_tag(tag)) for tag in _decode_tags(post.tags) for name in names]


def to_tag_stream(name: str, tag: str) -> StreamKey:
    """Return the stream of a hashtag, however it is written."""
    return name, fold_tag(tag.removeprefix("#"))


def withdraw(tx: Tx, post: PostRow) -> None:
    """Emit the event that removes a post or a boost from the streams that may have shown it."""
    streams = list_for_post(post, is_limited=False, has_media=True)
    if post.state == "published" and post.visibility in LIST_VISIBILITIES:
        tx.emit(
            events.POST_WITHDRAWN, post_id=post.id, account_id=post.account_id, streams=_truncate(streams)
        )


async def emit_deletion(tx: Tx, post: PostRow) -> None:
    """Emit that a post or boost, still stored, is deleted: for the homes that hold it and other streams."""
    holders = await home_entry_queries.list_recipients(tx, post.id)
    events.emit_post_deleted(tx, post.id, post.account_id, holders)
    withdraw(tx, post)


async def withdraw_boosts(tx: Tx, boosters: Mapping[int, int]) -> None:
    """Remove the boosts of a deleted post from lists, the only streams that show boosts beside home.

    `boosters` are account ids by the id of the boost.
    """
    listed = await list_queries.load_listed_ids(tx, list(boosters.values()))
    for boost_id, booster_id in boosters.items():
        if booster_id in listed:
            tx.emit(events.POST_WITHDRAWN, post_id=boost_id, account_id=booster_id, streams=[])


def _truncate(streams: Sequence[StreamKey]) -> list[StreamKey]:
    fitting, size = [], 0
    for name, tag in streams:
        size += len(name) + len(tag.encode()) + 8
        if size < MAX_EVENT_BYTES:
            fitting.append((name, tag))
    return fitting


async def list_lists_with_post(tx: ReadTx, post_id: int, list_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Return those of the lists that show a post, each with its owner."""
    return await timeline_queries.list_lists_with_post(tx, post_id, list_ids) if list_ids else []


async def list_lists_with_author(tx: ReadTx, account_id: int, list_ids: Sequence[int]) -> list[int]:
    """Return those of the lists that contain an account."""
    return await list_queries.list_ids_with_account(tx, account_id, list_ids) if list_ids else []


async def load_views(
    tx: ReadTx, post_id: int, viewer_ids: Sequence[int], context: str
) -> dict[int, PostView]:
    """Return a post as each of these members sees it, without those who may not or do not want to see it.

    The view is loaded once for a group of members to whom the post looks alike: those with the same relations
    to the post and its author, without filters and reactions of their own.
    """
    groups = await _group_viewers(tx, post_id, viewer_ids)
    views: dict[int, PostView] = {}
    for group in groups:
        for view in await post_views.load(tx, [post_id], group[0], context=context):
            views.update(dict.fromkeys(group, view))
    return views


def _depends_on_viewer(cached: post_cache.CachedPost) -> bool:
    return cached.post.kind == "Question" or cached.quote is not None


async def _group_viewers(tx: ReadTx, post_id: int, viewer_ids: Sequence[int]) -> list[list[int]]:
    page = await post_cache.load(tx, [post_id])
    rows = [cached.post for cached in page.posts.values()]
    if not rows or not viewer_ids:
        return []
    if len(viewer_ids) == 1 or any(map(_depends_on_viewer, page.posts.values())):
        # Each viewer sees their own votes in a poll, and of a quoted post what they may see of it.
        return [[viewer_id] for viewer_id in viewer_ids]
    facts = await post_fact_queries.load_for_viewers(
        tx, viewer_ids, list(page.posts), [row.thread_id for row in rows], list(page.authors)
    )
    groups: dict[object, list[int]] = {}
    for viewer_id in viewer_ids:
        own = facts.get(viewer_id, set())
        alone = viewer_id in page.authors or any(kind in ("filters", "reacted") for kind, _ in own)
        groups.setdefault(viewer_id if alone else frozenset(own), []).append(viewer_id)
    return list(groups.values())
