"""Who is mentioned in which post."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, delete, select

from storage.engine import ReadTx, Tx
from storage.statements import one_of, upsert
from storage.tables.posts import mentions

INSERT = upsert(mentions).on_conflict_do_nothing()
DELETE_BY_POST = delete(mentions).where(mentions.c.post_id == bindparam("post_id"))
LIST_BY_POST = select(mentions.c.account_id).where(mentions.c.post_id == bindparam("post_id"))
LOAD_BY_POSTS = select(mentions.c.post_id, mentions.c.account_id).where(one_of(mentions.c.post_id, "ids"))


async def replace(tx: Tx, post_id: int, account_ids: Iterable[int]) -> None:
    """Make these the mentioned accounts of a post."""
    await tx.run(DELETE_BY_POST, post_id=post_id)
    await tx.run_many(
        INSERT, [{"post_id": post_id, "account_id": each} for each in dict.fromkeys(account_ids)]
    )


async def insert(tx: Tx, post_id: int, account_ids: Iterable[int]) -> None:
    """Add mentioned accounts to a new post."""
    await tx.run_many(
        INSERT, [{"post_id": post_id, "account_id": each} for each in dict.fromkeys(account_ids)]
    )


async def list_by_post(tx: ReadTx, post_id: int) -> list[int]:
    return await tx.values(LIST_BY_POST, post_id=post_id)


async def load_by_posts(tx: ReadTx, ids: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of post and mentioned account."""
    return [(row[0], row[1]) for row in await tx.all(LOAD_BY_POSTS, ids=list(ids))]
