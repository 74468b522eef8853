"""Filters with their keywords and posts. Every statement names the owner, so nobody reaches another's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from storage.engine import Tx
from storage.rows.timelines import FilterKeywordRow, FilterPostRow, FilterRow
from storage.statements import columns_of, one_of, row_or_none, rows
from storage.tables.timelines import filter_keywords, filter_posts, filters

OF_ACCOUNT = (
    select(*columns_of(filters, FilterRow))
    .where(filters.c.account_id == bindparam("account_id"))
    .order_by(filters.c.id)
)
ACTIVE = OF_ACCOUNT.where(
    or_(filters.c.expires_at.is_(None), filters.c.expires_at > bindparam("now")),
    filters.c.contexts.like(bindparam("context")),
)
KEYWORDS = (
    select(*columns_of(filter_keywords, FilterKeywordRow))
    .join(filters, filters.c.id == filter_keywords.c.filter_id)
    .where(filters.c.account_id == bindparam("account_id"))
    .order_by(filter_keywords.c.id)
)
POSTS = (
    select(*columns_of(filter_posts, FilterPostRow))
    .join(filters, filters.c.id == filter_posts.c.filter_id)
    .where(filters.c.account_id == bindparam("account_id"))
    .order_by(filter_posts.c.id)
)

ONE = select(*columns_of(filters, FilterRow)).where(
    filters.c.account_id == bindparam("account_id"), filters.c.id == bindparam("id")
)
COUNT = select(func.count()).where(filters.c.account_id == bindparam("account_id"))
ADD = insert(filters)
CHANGE = (
    update(filters)
    .where(filters.c.account_id == bindparam("b_account_id"), filters.c.id == bindparam("b_id"))
    .values(
        title=bindparam("b_title"),
        contexts=bindparam("b_contexts"),
        action=bindparam("b_action"),
        expires_at=bindparam("b_expires_at"),
    )
)
REMOVE = delete(filters).where(
    filters.c.account_id == bindparam("account_id"), filters.c.id == bindparam("id")
)
_own = select(filters.c.id).where(filters.c.account_id == bindparam("account_id"))
_keyword = select(*columns_of(filter_keywords, FilterKeywordRow)).join(
    filters, filters.c.id == filter_keywords.c.filter_id
)
KEYWORD = _keyword.where(
    filters.c.account_id == bindparam("account_id"), filter_keywords.c.id == bindparam("id")
)
ADD_KEYWORD = insert(filter_keywords)
CHANGE_KEYWORD = (
    update(filter_keywords)
    .where(filter_keywords.c.id == bindparam("b_id"), filter_keywords.c.filter_id == bindparam("b_filter_id"))
    .values(keyword=bindparam("b_keyword"), whole_word=bindparam("b_whole_word"))
)
REMOVE_KEYWORDS = delete(filter_keywords).where(
    one_of(filter_keywords.c.id, "ids"), filter_keywords.c.filter_id.in_(_own)
)
POST = (
    select(*columns_of(filter_posts, FilterPostRow))
    .join(filters, filters.c.id == filter_posts.c.filter_id)
    .where(filters.c.account_id == bindparam("account_id"), filter_posts.c.id == bindparam("id"))
)
ADD_POST = insert(filter_posts)
REMOVE_POST = delete(filter_posts).where(
    filter_posts.c.id == bindparam("id"), filter_posts.c.filter_id.in_(_own)
)


async def of_account(tx: Tx, account_id: int) -> list[FilterRow]:
    return rows(FilterRow, await tx.all(OF_ACCOUNT, account_id=account_id))


async def active(tx: Tx, account_id: int, context: str) -> list[FilterRow]:
    """Those that apply in a context (home, notifications, public, thread, account) now."""
    found = await tx.all(ACTIVE, account_id=account_id, context=f'%"{context}"%', now=tx.now)
    return rows(FilterRow, found)


async def keywords(tx: Tx, account_id: int) -> list[FilterKeywordRow]:
    return rows(FilterKeywordRow, await tx.all(KEYWORDS, account_id=account_id))


async def posts(tx: Tx, account_id: int) -> list[FilterPostRow]:
    return rows(FilterPostRow, await tx.all(POSTS, account_id=account_id))


async def one(tx: Tx, account_id: int, filter_id: int) -> FilterRow | None:
    return row_or_none(FilterRow, await tx.one(ONE, account_id=account_id, id=filter_id))


async def count(tx: Tx, account_id: int) -> int:
    return int(await tx.value(COUNT, account_id=account_id))


async def add(tx: Tx, row: FilterRow) -> None:
    await tx.run(ADD, **structs.asdict(row))


async def change(tx: Tx, row: FilterRow) -> None:
    await tx.run(CHANGE, **{f"b_{name}": value for name, value in structs.asdict(row).items()})


async def remove(tx: Tx, account_id: int, filter_id: int) -> bool:
    return bool(await tx.run(REMOVE, account_id=account_id, id=filter_id))


async def keyword(tx: Tx, account_id: int, keyword_id: int) -> FilterKeywordRow | None:
    return row_or_none(FilterKeywordRow, await tx.one(KEYWORD, account_id=account_id, id=keyword_id))


async def add_keywords(tx: Tx, found: Iterable[FilterKeywordRow]) -> None:
    await tx.run_many(ADD_KEYWORD, [structs.asdict(each) for each in found])


async def change_keywords(tx: Tx, found: Iterable[FilterKeywordRow]) -> None:
    """Write words and their kind; a row counts only within its own filter."""
    await tx.run_many(
        CHANGE_KEYWORD,
        [{f"b_{name}": value for name, value in structs.asdict(each).items()} for each in found],
    )


async def remove_keywords(tx: Tx, account_id: int, ids: Sequence[int]) -> int:
    """How many of them were there and the account's."""
    return await tx.run(REMOVE_KEYWORDS, account_id=account_id, ids=list(ids))


async def post(tx: Tx, account_id: int, filter_post_id: int) -> FilterPostRow | None:
    return row_or_none(FilterPostRow, await tx.one(POST, account_id=account_id, id=filter_post_id))


async def add_post(tx: Tx, row: FilterPostRow) -> None:
    await tx.run(ADD_POST, **structs.asdict(row))


async def remove_post(tx: Tx, account_id: int, filter_post_id: int) -> bool:
    return bool(await tx.run(REMOVE_POST, account_id=account_id, id=filter_post_id))
