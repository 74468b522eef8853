"""Likes, bookmarks, pins and muted threads: what accounts do to posts."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, select, update

from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts.hidden import bind_viewer, is_not_hidden
from storage.rows.posts import LikeRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, upsert
from storage.tables.accounts import accounts
from storage.tables.posts import likes, pins, posts
from storage.tables.relationships import follows, thread_mutes
from storage.tables.timelines import bookmarks

INSERT_LIKE = upsert(likes).on_conflict_do_nothing()
FIND_LIKE = select(*columns_of(likes, LikeRow)).where(
    likes.c.account_id == bindparam("account_id"), likes.c.post_id == bindparam("post_id")
)
FIND_LIKE_BY_URI = select(*columns_of(likes, LikeRow)).where(likes.c.uri == bindparam("uri"))
SET_LIKE_URI = update(likes).where(likes.c.id == bindparam("b_id")).values(uri=bindparam("b_uri"))
DELETE_LIKE = delete(likes).where(likes.c.id == bindparam("id"))
LIST_LIKED_POSTS = PagedStatement(
    select(likes.c.id, likes.c.post_id).where(likes.c.account_id == bindparam("account_id")), likes.c.id
)
LIST_LIKERS = PagedStatement(
    select(likes.c.id, likes.c.account_id)
    .join(accounts, accounts.c.id == likes.c.account_id)
    .where(
        likes.c.post_id == bindparam("post_id"),
        accounts.c.suspended_at.is_(None),
        is_not_hidden(likes.c.account_id),
    ),
    likes.c.id,
)
LIST_FOLLOWED_BOOSTERS = (
    select(posts.c.boost_of_id, posts.c.account_id)
    .join(follows, follows.c.target_id == posts.c.account_id)
    .where(
        one_of(posts.c.boost_of_id, "post_ids"),
        follows.c.account_id == bindparam("viewer_id"),
        follows.c.shows_boosts,
        is_not_hidden(posts.c.account_id),
    )
    .order_by(posts.c.id.desc())
    .limit(bindparam("limit"))
)
LIST_BOOSTERS = PagedStatement(
    select(posts.c.id, posts.c.account_id)
    .join(accounts, accounts.c.id == posts.c.account_id)
    .where(
        posts.c.boost_of_id == bindparam("post_id"),
        accounts.c.suspended_at.is_(None),
        is_not_hidden(posts.c.account_id),
    ),
    posts.c.id,
)
INSERT_BOOKMARK = upsert(bookmarks).on_conflict_do_nothing()
DELETE_BOOKMARK = delete(bookmarks).where(
    bookmarks.c.account_id == bindparam("account_id"), bookmarks.c.post_id == bindparam("post_id")
)
LIST_BOOKMARKED_POSTS = PagedStatement(
    select(bookmarks.c.id, bookmarks.c.post_id).where(bookmarks.c.account_id == bindparam("account_id")),
    bookmarks.c.id,
)
INSERT_PIN = upsert(pins).on_conflict_do_nothing()
DELETE_PIN = delete(pins).where(
    pins.c.account_id == bindparam("account_id"), pins.c.post_id == bindparam("post_id")
)
LIST_PINNED_POSTS = (
    select(pins.c.post_id)
    .where(pins.c.account_id == bindparam("account_id"))
    .order_by(pins.c.id.desc())
    .limit(20)
)
COUNT_PINS = select(func.count()).where(pins.c.account_id == bindparam("account_id"))
INSERT_THREAD_MUTE = upsert(thread_mutes).on_conflict_do_nothing()
DELETE_THREAD_MUTE = delete(thread_mutes).where(
    thread_mutes.c.account_id == bindparam("account_id"), thread_mutes.c.thread_id == bindparam("thread_id")
)

Pairs = list[tuple[int, int]]


async def insert_like(tx: Tx, row: LikeRow) -> bool:
    """Add a like; return False if there is one, or its URI is taken."""
    return bool(await tx.run(INSERT_LIKE, **structs.asdict(row)))


async def find_like(tx: ReadTx, account_id: int, post_id: int) -> LikeRow | None:
    return to_row_or_none(LikeRow, await tx.one(FIND_LIKE, account_id=account_id, post_id=post_id))


async def find_like_by_uri(tx: ReadTx, uri: str) -> LikeRow | None:
    return to_row_or_none(LikeRow, await tx.one(FIND_LIKE_BY_URI, uri=uri))


async def set_like_uri(tx: Tx, like_id: int, uri: str) -> None:
    """Set the URI of the activity that stands for a like."""
    await tx.run(SET_LIKE_URI, b_id=like_id, b_uri=uri)


async def delete_like(tx: Tx, like_id: int) -> None:
    await tx.run(DELETE_LIKE, id=like_id)


async def _list_pairs(tx: ReadTx, paged: PagedStatement, page: Page, **params: int) -> Pairs:
    """Return pairs of cursor and id, newest first."""
    rows = await tx.all(paged.for_page(page), **params, **page.bind_params())
    return sorted(((row[0], row[1]) for row in rows), reverse=True)


async def list_liked_posts(tx: ReadTx, account_id: int, page: Page) -> Pairs:
    return await _list_pairs(tx, LIST_LIKED_POSTS, page, account_id=account_id)


async def list_likers(tx: ReadTx, post_id: int, viewer_id: int | None, page: Page) -> Pairs:
    """Return cursors and accounts that are not hidden from the viewer."""
    return await _list_pairs(
        tx, LIST_LIKERS, page, post_id=post_id, viewer_id=bind_viewer(viewer_id), now=tx.now
    )


async def list_boosters(tx: ReadTx, post_id: int, viewer_id: int | None, page: Page) -> Pairs:
    """Return cursors and accounts that are not hidden from the viewer."""
    return await _list_pairs(
        tx, LIST_BOOSTERS, page, post_id=post_id, viewer_id=bind_viewer(viewer_id), now=tx.now
    )


async def list_followed_boosters(
    tx: ReadTx, post_ids: Sequence[int], viewer_id: int, limit: int
) -> list[tuple[int, int]]:
    """Return post and account of the newest boosts of these posts by accounts that the viewer follows."""
    rows = await tx.all(
        LIST_FOLLOWED_BOOSTERS, post_ids=list(post_ids), viewer_id=viewer_id, limit=limit, now=tx.now
    )
    return [(int(post_id), int(account_id)) for post_id, account_id in rows]


async def insert_bookmark(tx: Tx, account_id: int, post_id: int) -> bool:
    return bool(await tx.run(INSERT_BOOKMARK, id=tx.new_id(), account_id=account_id, post_id=post_id))


async def delete_bookmark(tx: Tx, account_id: int, post_id: int) -> bool:
    return bool(await tx.run(DELETE_BOOKMARK, account_id=account_id, post_id=post_id))


async def list_bookmarked_posts(tx: ReadTx, account_id: int, page: Page) -> Pairs:
    return await _list_pairs(tx, LIST_BOOKMARKED_POSTS, page, account_id=account_id)


async def insert_pin(tx: Tx, account_id: int, post_id: int) -> bool:
    return bool(await tx.run(INSERT_PIN, id=tx.new_id(), account_id=account_id, post_id=post_id))


async def delete_pin(tx: Tx, account_id: int, post_id: int) -> bool:
    return bool(await tx.run(DELETE_PIN, account_id=account_id, post_id=post_id))


async def list_pinned_posts(tx: ReadTx, account_id: int) -> Sequence[int]:
    """Return ids of pinned posts, the newest pin first."""
    return await tx.values(LIST_PINNED_POSTS, account_id=account_id)


async def count_pins(tx: ReadTx, account_id: int) -> int:
    return int(await tx.value(COUNT_PINS, account_id=account_id))


async def insert_thread_mute(tx: Tx, account_id: int, thread_id: int) -> None:
    await tx.run(INSERT_THREAD_MUTE, account_id=account_id, thread_id=thread_id)


async def delete_thread_mute(tx: Tx, account_id: int, thread_id: int) -> None:
    await tx.run(DELETE_THREAD_MUTE, account_id=account_id, thread_id=thread_id)
