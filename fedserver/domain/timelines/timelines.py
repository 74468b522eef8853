"""Timelines: ids of posts for a reader, newest first; and threads."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.text.names import fold_tag
from storage.engine import Page, ReadTx
from storage.queries.content import tags as tag_queries
from storage.queries.posts import likes as like_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import replies as reply_queries
from storage.queries.timelines import cards as card_queries
from storage.queries.timelines import timelines as timeline_queries
from storage.rows.posts import PostRow

ANONYMOUS_ID = -1
MAX_THREAD_POSTS = 4_096
MAX_ANONYMOUS_ANCESTORS, MAX_ANONYMOUS_DESCENDANTS = 40, 60

MAX_FURTHER_TAGS = 4  # of each kind in a tag timeline, as in Mastodon

Pairs = list[tuple[int, int]]


async def list_home(tx: ReadTx, account_id: int, page: Page) -> list[int]:
    """Return ids of the posts in an account's home timeline."""
    return await timeline_queries.list_home(tx, account_id, page)


async def list_public(
    tx: ReadTx,
    viewer_id: int | None,
    page: Page,
    *,
    local: bool = False,
    remote: bool = False,
    only_media: bool = False,
) -> list[int]:
    """Return ids of public posts of everyone, of members (`local`), or of peers (`remote`).

    Members see posts for members only among the local ones.
    """
    where = "remote" if remote else "all"
    if local:
        where = "local_open" if viewer_id is None else "local"
    viewer = ANONYMOUS_ID if viewer_id is None else viewer_id
    return await timeline_queries.list_public(tx, where, viewer, page, only_media=only_media)


class TagQuery(Struct, frozen=True):
    """A tag timeline: posts with `name` or any of `any_of`, all of `all_of` and none of `none_of`.

    Names are as they are written (docs.joinmastodon.org/methods/timelines#tag).
    """

    name: str
    any_of: Sequence[str] = ()
    all_of: Sequence[str] = ()
    none_of: Sequence[str] = ()
    local: bool = False
    remote: bool = False
    only_media: bool = False


async def list_by_tag(tx: ReadTx, viewer_id: int | None, query: TagQuery, page: Page) -> list[int]:
    """Return ids of public posts with hashtags; unknown hashtags have none."""
    any_of = _fold_tags([query.name, *query.any_of[:MAX_FURTHER_TAGS]])
    all_of, none_of = (_fold_tags(names[:MAX_FURTHER_TAGS]) for names in (query.all_of, query.none_of))
    known = await tag_queries.load_by_names(tx, list(dict.fromkeys((*any_of, *all_of, *none_of))))
    id_by_name = {tag.name: tag.id for tag in known}
    if not id_by_name.keys() >= set(all_of):
        return []
    viewer = ANONYMOUS_ID if viewer_id is None else viewer_id
    merged: set[int] = set()
    # One statement for each tag reads a page of it; one for all would read and sort all their posts.
    for name in any_of:
        if name in id_by_name:
            merged.update(
                await timeline_queries.list_by_tag(
                    tx,
                    id_by_name[name],
                    viewer,
                    page,
                    scope="local" if query.local else "remote" if query.remote else "all",
                    only_media=query.only_media,
                    all_ids=[id_by_name[other] for other in all_of],
                    none_ids=[id_by_name[other] for other in none_of if other in id_by_name],
                )
            )
    ids = sorted(merged, reverse=True)
    return ids[-page.limit :] if page.is_upwards else ids[: page.limit]


def _fold_tags(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(fold_tag(name.strip().removeprefix("#")) for name in names if name.strip()))


async def list_by_account(
    tx: ReadTx,
    account_id: int,
    viewer_id: int | None,
    page: Page,
    *,
    exclude_replies: bool = False,
    exclude_boosts: bool = False,
    only_media: bool = False,
    tag_name: str | None = None,
) -> list[int]:
    """Return ids of the posts and boosts of an account, as far as the viewer may see them."""
    viewer = ANONYMOUS_ID if viewer_id is None else viewer_id
    flags = (exclude_replies, exclude_boosts, only_media)
    if tag_name:
        tags = await tag_queries.load_by_names(tx, [fold_tag(tag_name)])
        if not tags:
            return []
        return await timeline_queries.list_by_account_and_tag(
            tx, account_id, tags[0].id, viewer, page, flags=flags
        )
    return await timeline_queries.list_by_account(tx, account_id, viewer, page, flags=flags)


async def list_pinned(tx: ReadTx, account_id: int, viewer_id: int | None) -> list[int]:
    """Return ids of an account's pinned posts, as far as the viewer may see them, the newest pin first."""
    return await timeline_queries.list_pinned(
        tx, account_id, ANONYMOUS_ID if viewer_id is None else viewer_id
    )


async def list_by_list(
    tx: ReadTx, list_id: int, viewer_id: int, replies_policy: str, page: Page
) -> list[int]:
    """Return ids of posts by the accounts of a list. The caller has checked who owns the list."""
    return await timeline_queries.list_by_list(tx, list_id, viewer_id, replies_policy, page)


async def list_liked(tx: ReadTx, account_id: int, page: Page) -> Pairs:
    """Return cursors and ids of the posts that an account likes."""
    return await like_queries.list_liked_posts(tx, account_id, page)


async def list_bookmarked(tx: ReadTx, account_id: int, page: Page) -> Pairs:
    """Return cursors and ids of the posts that an account bookmarked."""
    return await like_queries.list_bookmarked_posts(tx, account_id, page)


async def list_likers(tx: ReadTx, post_id: int, page: Page, viewer_id: int | None = None) -> Pairs:
    """Return cursors and ids of the accounts that like a post, without those hidden from the viewer."""
    return await like_queries.list_likers(tx, post_id, viewer_id, page)


async def list_boosters(tx: ReadTx, post_id: int, page: Page, viewer_id: int | None = None) -> Pairs:
    """Return cursors and ids of the accounts that boosted a post, without those hidden from the viewer."""
    return await like_queries.list_boosters(tx, post_id, viewer_id, page)


async def load_thread(tx: ReadTx, post_id: int, viewer_id: int | None) -> tuple[list[int], list[int]]:
    """Return the ids above and below a post: ancestors from the first, descendants branch by branch.

    Visitors who are not logged in get at most 40 and 60 (docs.joinmastodon.org/methods/statuses#context).
    Raises NotFoundError.
    """
    row = await post_queries.find(tx, post_id)
    if row is None:
        raise NotFoundError
    members = await post_queries.list_thread(tx, row.thread_id, MAX_THREAD_POSTS)
    above = _list_ancestors(row, members)
    below = _list_descendants(row.id, members, above)
    if viewer_id is None:
        return above[-MAX_ANONYMOUS_ANCESTORS:], below[:MAX_ANONYMOUS_DESCENDANTS]
    return above, below


async def list_replies(tx: ReadTx, row: PostRow, *, own: bool, after: int, limit: int) -> list[int]:
    """Return ids of public replies to a post, oldest first: its author's `own`, or those of others."""
    return await reply_queries.list_ids(tx, row.id, row.account_id, own=own, after=after, limit=limit)


async def load_self_replies(
    tx: ReadTx, post_ids: Sequence[int], limit: int
) -> dict[int, list[tuple[int, str]]]:
    """Return id and URI of the first public replies of authors to their own posts, by the post."""
    return await reply_queries.load_self_replies(tx, post_ids, limit)


async def list_thread_page(tx: ReadTx, row: PostRow, after: int, limit: int) -> list[int]:
    """Return ids of the thread of a post, oldest first. The caller checks who may see them."""
    return await reply_queries.list_thread_page(tx, row.thread_id, after, limit)


async def list_by_link(tx: ReadTx, url: str, page: Page) -> list[int]:
    """Return ids of public posts that show the card of an address. Raises NotFoundError without a card."""
    card = await card_queries.find_by_url(tx, url.partition("#")[0])
    if card is None or not card.kind:
        raise NotFoundError
    return await card_queries.list_post_ids(tx, card.id, page)


def _list_ancestors(row: PostRow, members: list[tuple[int, int | None]]) -> list[int]:
    parents = dict(members)
    ancestors: list[int] = []
    above = row.in_reply_to_id
    seen = {row.id}  # posts of peers may answer each other in a circle
    while above is not None and above in parents and above not in seen:
        seen.add(above)
        ancestors.append(above)
        above = parents[above]
    return ancestors[::-1]


def _list_descendants(root: int, members: list[tuple[int, int | None]], above: Sequence[int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for identifier, parent in members:
        if parent is not None and identifier != root:
            children.setdefault(parent, []).append(identifier)
    descendants: list[int] = []
    seen = {root, *above}
    waiting = children.get(root, [])[::-1]
    while waiting:
        identifier = waiting.pop()
        if identifier in seen:
            continue
        seen.add(identifier)
        descendants.append(identifier)
        waiting.extend(children.get(identifier, [])[::-1])
    return descendants
