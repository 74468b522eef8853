"""Likes, bookmarks, pins and muted threads: what accounts do to posts."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, select, update

from storage.engine import Tx
from storage.paging import Page
from storage.rows.posts import LikeRow
from storage.statements import Paged, columns_of, row_or_none, upsert
from storage.tables.accounts import accounts
from storage.tables.posts import likes, pins, posts
from storage.tables.relationships import thread_mutes
from storage.tables.timelines import bookmarks

ADD_LIKE = upsert(likes).on_conflict_do_nothing()
LIKE = select(*columns_of(likes, LikeRow)).where(
    likes.c.account_id == bindparam("account_id"), likes.c.post_id == bindparam("post_id")
)
LIKE_BY_URI = select(*columns_of(likes, LikeRow)).where(likes.c.uri == bindparam("uri"))
SET_LIKE_URI = update(likes).where(likes.c.id == bindparam("b_id")).values(uri=bindparam("b_uri"))
REMOVE_LIKE = delete(likes).where(likes.c.id == bindparam("id"))
LIKED = Paged(
    select(likes.c.id, likes.c.post_id).where(likes.c.account_id == bindparam("account_id")), likes.c.id
)
LIKERS = Paged(
    select(likes.c.id, likes.c.account_id)
    .join(accounts, accounts.c.id == likes.c.account_id)
    .where(likes.c.post_id == bindparam("post_id"), accounts.c.suspended_at.is_(None)),
    likes.c.id,
)
BOOSTERS = Paged(
    select(posts.c.id, posts.c.account_id)
    .join(accounts, accounts.c.id == posts.c.account_id)
    .where(posts.c.boost_of_id == bindparam("post_id"), accounts.c.suspended_at.is_(None)),
    posts.c.id,
)
ADD_BOOKMARK = upsert(bookmarks).on_conflict_do_nothing()
REMOVE_BOOKMARK = delete(bookmarks).where(
    bookmarks.c.account_id == bindparam("account_id"), bookmarks.c.post_id == bindparam("post_id")
)
BOOKMARKED = Paged(
    select(bookmarks.c.id, bookmarks.c.post_id).where(bookmarks.c.account_id == bindparam("account_id")),
    bookmarks.c.id,
)
ADD_PIN = upsert(pins).on_conflict_do_nothing()
REMOVE_PIN = delete(pins).where(
    pins.c.account_id == bindparam("account_id"), pins.c.post_id == bindparam("post_id")
)
PINS = (
    select(pins.c.post_id)
    .where(pins.c.account_id == bindparam("account_id"))
    .order_by(pins.c.id.desc())
    .limit(20)
)
COUNT_PINS = select(func.count()).where(pins.c.account_id == bindparam("account_id"))
ADD_THREAD_MUTE = upsert(thread_mutes).on_conflict_do_nothing()
REMOVE_THREAD_MUTE = delete(thread_mutes).where(
    thread_mutes.c.account_id == bindparam("account_id"), thread_mutes.c.thread_id == bindparam("thread_id")
)

Pairs = list[tuple[int, int]]


async def add_like(tx: Tx, row: LikeRow) -> bool:
    """Add a like; False if there is one, or its URI is taken."""
    return bool(await tx.run(ADD_LIKE, **structs.asdict(row)))


async def like(tx: Tx, account_id: int, post_id: int) -> LikeRow | None:
    return row_or_none(LikeRow, await tx.one(LIKE, account_id=account_id, post_id=post_id))


async def like_by_uri(tx: Tx, uri: str) -> LikeRow | None:
    return row_or_none(LikeRow, await tx.one(LIKE_BY_URI, uri=uri))


async def set_like_uri(tx: Tx, like_id: int, uri: str) -> None:
    """The like is now told by another activity."""
    await tx.run(SET_LIKE_URI, b_id=like_id, b_uri=uri)


async def remove_like(tx: Tx, like_id: int) -> None:
    await tx.run(REMOVE_LIKE, id=like_id)


async def _pairs(tx: Tx, paged: Paged, page: Page, **params: int) -> Pairs:
    """Pairs of cursor and id, newest first."""
    found = await tx.all(paged.towards(page), **params, **page.params())
    return sorted(((row[0], row[1]) for row in found), reverse=True)


async def liked(tx: Tx, account_id: int, page: Page) -> Pairs:
    return await _pairs(tx, LIKED, page, account_id=account_id)


async def likers(tx: Tx, post_id: int, page: Page) -> Pairs:
    return await _pairs(tx, LIKERS, page, post_id=post_id)


async def boosters(tx: Tx, post_id: int, page: Page) -> Pairs:
    return await _pairs(tx, BOOSTERS, page, post_id=post_id)


async def add_bookmark(tx: Tx, account_id: int, post_id: int) -> bool:
    return bool(await tx.run(ADD_BOOKMARK, id=tx.new_id(), account_id=account_id, post_id=post_id))


async def remove_bookmark(tx: Tx, account_id: int, post_id: int) -> bool:
    return bool(await tx.run(REMOVE_BOOKMARK, account_id=account_id, post_id=post_id))


async def bookmarked(tx: Tx, account_id: int, page: Page) -> Pairs:
    return await _pairs(tx, BOOKMARKED, page, account_id=account_id)


async def add_pin(tx: Tx, account_id: int, post_id: int) -> bool:
    return bool(await tx.run(ADD_PIN, id=tx.new_id(), account_id=account_id, post_id=post_id))


async def remove_pin(tx: Tx, account_id: int, post_id: int) -> bool:
    return bool(await tx.run(REMOVE_PIN, account_id=account_id, post_id=post_id))


async def pinned(tx: Tx, account_id: int) -> Sequence[int]:
    """Ids of pinned posts, the newest pin first."""
    return await tx.values(PINS, account_id=account_id)


async def count_pins(tx: Tx, account_id: int) -> int:
    return int(await tx.value(COUNT_PINS, account_id=account_id))


async def mute_thread(tx: Tx, account_id: int, thread_id: int) -> None:
    await tx.run(ADD_THREAD_MUTE, account_id=account_id, thread_id=thread_id)


async def unmute_thread(tx: Tx, account_id: int, thread_id: int) -> None:
    await tx.run(REMOVE_THREAD_MUTE, account_id=account_id, thread_id=thread_id)
