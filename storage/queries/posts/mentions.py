"""Mentions: the accounts that a post mentions."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, select

from storage.engine import ReadTx, Tx
from storage.statements import upsert
from storage.tables.posts import mentions

INSERT = upsert(mentions).on_conflict_do_nothing()
DELETE_BY_POST = delete(mentions).where(mentions.c.post_id == bindparam("post_id"))
LIST_BY_POST = select(mentions.c.account_id).where(mentions.c.post_id == bindparam("post_id"))


async def replace(tx: Tx, post_id: int, account_ids: Iterable[int]) -> None:
    """Make these the mentioned accounts of a post."""
    await tx.run(DELETE_BY_POST, post_id=post_id)
    await tx.run_many(
        INSERT, [{"post_id": post_id, "account_id": account_id} for account_id in dict.fromkeys(account_ids)]
    )


async def insert(tx: Tx, post_id: int, account_ids: Iterable[int]) -> None:
    """Add mentioned accounts to a new post."""
    await tx.run_many(
        INSERT, [{"post_id": post_id, "account_id": account_id} for account_id in dict.fromkeys(account_ids)]
    )


async def list_by_post(tx: ReadTx, post_id: int) -> list[int]:
    return await tx.values(LIST_BY_POST, post_id=post_id)
