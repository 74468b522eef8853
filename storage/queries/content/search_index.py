"""What is written into the full-text index of posts, and what is to be written."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    bindparam,
    select,
    text,
)

from storage.engine import Tx
from storage.rows.posts import PostRow
from storage.search import WordsRow, by_dialect, entry_params
from storage.statements import columns_of, one_of, rows
from storage.tables.accounts import accounts
from storage.tables.posts import posts

PUT = by_dialect(
    sqlite=text("INSERT OR REPLACE INTO post_words (rowid, words, facts) VALUES (:id, :words, :facts)"),
    postgresql=text(
        "INSERT INTO post_words (rowid, words) VALUES (:id, CAST(:vector AS tsvector)) "
        "ON CONFLICT (rowid) DO UPDATE SET words = excluded.words"
    ),
)
CONSENTING = select(accounts.c.id).where(one_of(accounts.c.id, "ids"), accounts.c.indexable)
_indexed = select(*columns_of(posts, PostRow)).where(
    posts.c.state == "published", posts.c.boost_of_id.is_(None), posts.c.id < bindparam("before_id")
)
TO_INDEX = _indexed.order_by(posts.c.id.desc()).limit(bindparam("limit"))
TO_INDEX_OF = (
    _indexed.where(posts.c.account_id == bindparam("account_id"))
    .order_by(posts.c.id.desc())
    .limit(bindparam("limit"))
)


async def put(tx: Tx, entries: Sequence[WordsRow]) -> None:
    """Write what search knows of posts, in place of what it knew."""
    await tx.run_many(PUT, [entry_params(each) for each in entries])


async def consenting(tx: Tx, account_ids: Sequence[int]) -> set[int]:
    """Those of the accounts that let everybody search their public posts."""
    return set(await tx.values(CONSENTING, ids=list(account_ids)))


async def to_index(tx: Tx, account_id: int | None, before_id: int, limit: int) -> list[PostRow]:
    """Published posts of one account or of all, from the newest below an id."""
    if account_id is None:
        return rows(PostRow, await tx.all(TO_INDEX, before_id=before_id, limit=limit))
    found = await tx.all(TO_INDEX_OF, account_id=account_id, before_id=before_id, limit=limit)
    return rows(PostRow, found)
