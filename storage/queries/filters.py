"""Filters with their keywords and posts."""

from __future__ import annotations

from sqlalchemy import bindparam, or_, select

from storage.engine import Tx
from storage.rows.building import columns_of, rows
from storage.rows.timelines import FilterKeywordRow, FilterPostRow, FilterRow
from storage.schema.timelines import filter_keywords, filter_posts, filters

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
