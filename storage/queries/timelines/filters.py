"""Filters with their keywords and posts.

Every statement names the owner, so that no member can reach another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from storage.engine import ReadTx, Tx
from storage.rows.timelines import FilterKeywordRow, FilterPostRow, FilterRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows
from storage.tables.timelines import filter_keywords, filter_posts, filters

LIST_BY_ACCOUNT = (
    select(*columns_of(filters, FilterRow))
    .where(filters.c.account_id == bindparam("account_id"))
    .order_by(filters.c.id)
)
LIST_ACTIVE = LIST_BY_ACCOUNT.where(
    or_(filters.c.expires_at.is_(None), filters.c.expires_at > bindparam("now")),
    filters.c.contexts.like(bindparam("context")),
)
LIST_KEYWORDS = (
    select(*columns_of(filter_keywords, FilterKeywordRow))
    .join(filters, filters.c.id == filter_keywords.c.filter_id)
    .where(filters.c.account_id == bindparam("account_id"))
    .order_by(filter_keywords.c.id)
)
LIST_POSTS = (
    select(*columns_of(filter_posts, FilterPostRow))
    .join(filters, filters.c.id == filter_posts.c.filter_id)
    .where(filters.c.account_id == bindparam("account_id"))
    .order_by(filter_posts.c.id)
)

FIND = select(*columns_of(filters, FilterRow)).where(
    filters.c.account_id == bindparam("account_id"), filters.c.id == bindparam("id")
)
COUNT = select(func.count()).where(filters.c.account_id == bindparam("account_id"))
INSERT_FILTER = insert(filters)
UPDATE_FILTER = (
    update(filters)
    .where(filters.c.account_id == bindparam("b_account_id"), filters.c.id == bindparam("b_id"))
    .values(
        title=bindparam("b_title"),
        contexts=bindparam("b_contexts"),
        action=bindparam("b_action"),
        expires_at=bindparam("b_expires_at"),
    )
)
DELETE_FILTER = delete(filters).where(
    filters.c.account_id == bindparam("account_id"), filters.c.id == bindparam("id")
)
_own_filter_ids = select(filters.c.id).where(filters.c.account_id == bindparam("account_id"))
_select_keyword = select(*columns_of(filter_keywords, FilterKeywordRow)).join(
    filters, filters.c.id == filter_keywords.c.filter_id
)
FIND_KEYWORD = _select_keyword.where(
    filters.c.account_id == bindparam("account_id"), filter_keywords.c.id == bindparam("id")
)
INSERT_KEYWORDS = insert(filter_keywords)
UPDATE_KEYWORDS = (
    update(filter_keywords)
    .where(filter_keywords.c.id == bindparam("b_id"), filter_keywords.c.filter_id == bindparam("b_filter_id"))
    .values(keyword=bindparam("b_keyword"), whole_word=bindparam("b_whole_word"))
)
DELETE_KEYWORDS = delete(filter_keywords).where(
    one_of(filter_keywords.c.id, "ids"), filter_keywords.c.filter_id.in_(_own_filter_ids)
)
FIND_POST = (
    select(*columns_of(filter_posts, FilterPostRow))
    .join(filters, filters.c.id == filter_posts.c.filter_id)
    .where(filters.c.account_id == bindparam("account_id"), filter_posts.c.id == bindparam("id"))
)
INSERT_POST = insert(filter_posts)
DELETE_POST = delete(filter_posts).where(
    filter_posts.c.id == bindparam("id"), filter_posts.c.filter_id.in_(_own_filter_ids)
)


async def list_by_account(tx: ReadTx, account_id: int) -> list[FilterRow]:
    return to_rows(FilterRow, await tx.all(LIST_BY_ACCOUNT, account_id=account_id))


async def list_active(tx: ReadTx, account_id: int, context: str) -> list[FilterRow]:
    """Return filters that apply now in a context: home, notifications, public, thread or account."""
    rows = await tx.all(LIST_ACTIVE, account_id=account_id, context=f'%"{context}"%', now=tx.now)
    return to_rows(FilterRow, rows)


async def list_keywords(tx: ReadTx, account_id: int) -> list[FilterKeywordRow]:
    return to_rows(FilterKeywordRow, await tx.all(LIST_KEYWORDS, account_id=account_id))


async def list_posts(tx: ReadTx, account_id: int) -> list[FilterPostRow]:
    return to_rows(FilterPostRow, await tx.all(LIST_POSTS, account_id=account_id))


async def find(tx: ReadTx, account_id: int, filter_id: int) -> FilterRow | None:
    return to_row_or_none(FilterRow, await tx.one(FIND, account_id=account_id, id=filter_id))


async def count(tx: ReadTx, account_id: int) -> int:
    return int(await tx.value(COUNT, account_id=account_id))


async def insert_filter(tx: Tx, row: FilterRow) -> None:
    await tx.run(INSERT_FILTER, **structs.asdict(row))


async def update_filter(tx: Tx, row: FilterRow) -> None:
    await tx.run(UPDATE_FILTER, **{f"b_{name}": value for name, value in structs.asdict(row).items()})


async def delete_filter(tx: Tx, account_id: int, filter_id: int) -> bool:
    return bool(await tx.run(DELETE_FILTER, account_id=account_id, id=filter_id))


async def find_keyword(tx: ReadTx, account_id: int, keyword_id: int) -> FilterKeywordRow | None:
    return to_row_or_none(FilterKeywordRow, await tx.one(FIND_KEYWORD, account_id=account_id, id=keyword_id))


async def insert_keywords(tx: Tx, keyword_rows: Iterable[FilterKeywordRow]) -> None:
    await tx.run_many(INSERT_KEYWORDS, [structs.asdict(row) for row in keyword_rows])


async def update_keywords(tx: Tx, keyword_rows: Iterable[FilterKeywordRow]) -> None:
    """Write keywords and `whole_word`; a row of another filter is left as it is."""
    await tx.run_many(
        UPDATE_KEYWORDS,
        [{f"b_{name}": value for name, value in structs.asdict(row).items()} for row in keyword_rows],
    )


async def delete_keywords(tx: Tx, account_id: int, ids: Sequence[int]) -> int:
    """Delete those of the keywords that belong to the account; return how many."""
    return await tx.run(DELETE_KEYWORDS, account_id=account_id, ids=list(ids))


async def find_post(tx: ReadTx, account_id: int, filter_post_id: int) -> FilterPostRow | None:
    return to_row_or_none(FilterPostRow, await tx.one(FIND_POST, account_id=account_id, id=filter_post_id))


async def insert_post(tx: Tx, row: FilterPostRow) -> None:
    await tx.run(INSERT_POST, **structs.asdict(row))


async def delete_post(tx: Tx, account_id: int, filter_post_id: int) -> bool:
    return bool(await tx.run(DELETE_POST, account_id=account_id, id=filter_post_id))
