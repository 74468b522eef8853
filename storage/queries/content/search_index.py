"""The full-text index of posts, and which posts go into it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    bindparam,
    select,
    text,
)

from storage.engine import ReadTx, Tx
from storage.rows.posts import PostRow
from storage.search import DialectStatement, SearchEntry, build_entry_params
from storage.statements import columns_of, one_of, to_rows
from storage.tables.accounts import accounts
from storage.tables.posts import posts

UPSERT = DialectStatement(
    sqlite=text("INSERT OR REPLACE INTO post_words (rowid, words, facts) VALUES (:id, :words, :facts)"),
    postgresql=text(
        "INSERT INTO post_words (rowid, words) VALUES (:id, CAST(:vector AS tsvector)) "
        "ON CONFLICT (rowid) DO UPDATE SET words = excluded.words"
    ),
)
LOAD_INDEXABLE = select(accounts.c.id).where(one_of(accounts.c.id, "ids"), accounts.c.indexable)
_indexed = select(*columns_of(posts, PostRow)).where(
    posts.c.state == "published", posts.c.boost_of_id.is_(None), posts.c.id < bindparam("before_id")
)
LIST_FOR_INDEX = _indexed.order_by(posts.c.id.desc()).limit(bindparam("limit"))
LIST_FOR_INDEX_BY_ACCOUNT = (
    _indexed.where(posts.c.account_id == bindparam("account_id"))
    .order_by(posts.c.id.desc())
    .limit(bindparam("limit"))
)


async def upsert_entries(tx: Tx, entries: Sequence[SearchEntry]) -> None:
    """Write index entries of posts, replacing former ones."""
    await tx.run_many(UPSERT, [build_entry_params(entry) for entry in entries])


async def load_indexable(tx: ReadTx, account_ids: Sequence[int]) -> set[int]:
    """Return those of the accounts whose public posts everybody may search."""
    return set(await tx.values(LOAD_INDEXABLE, ids=list(account_ids)))


async def list_for_index(tx: ReadTx, account_id: int | None, before_id: int, limit: int) -> list[PostRow]:
    """Return published posts of one account or of all, newest first, below an id."""
    if account_id is None:
        return to_rows(PostRow, await tx.all(LIST_FOR_INDEX, before_id=before_id, limit=limit))
    rows = await tx.all(LIST_FOR_INDEX_BY_ACCOUNT, account_id=account_id, before_id=before_id, limit=limit)
    return to_rows(PostRow, rows)
