"""Emoji with which accounts like posts, and how often each stands at a post."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, select

from storage.engine import Tx
from storage.rows.posts import PostReactionRow
from storage.statements import columns_of, one_of, row_or_none, rows, upsert
from storage.tables.posts import reactions

COLUMNS = columns_of(reactions, PostReactionRow)
ADD = upsert(reactions).on_conflict_do_nothing()
BY_URI = select(*COLUMNS).where(reactions.c.uri == bindparam("uri"))
OF_ACCOUNT = (
    select(*COLUMNS)
    .where(reactions.c.account_id == bindparam("account_id"), one_of(reactions.c.post_id, "post_ids"))
    .order_by(reactions.c.id)
)
_first = func.min(reactions.c.id)
COUNTS = (
    select(reactions.c.post_id, reactions.c.name, reactions.c.url, func.count())
    .where(one_of(reactions.c.post_id, "post_ids"))
    .group_by(reactions.c.post_id, reactions.c.name, reactions.c.url)
    .order_by(_first)
)
REMOVE = delete(reactions).where(reactions.c.id == bindparam("id"))

Counts = dict[int, list[tuple[str, str, int]]]


async def add(tx: Tx, row: PostReactionRow) -> bool:
    """Add a reaction; False if there is one with that emoji, or its URI is taken."""
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def by_uri(tx: Tx, uri: str) -> PostReactionRow | None:
    return row_or_none(PostReactionRow, await tx.one(BY_URI, uri=uri))


async def of_account(tx: Tx, account_id: int, post_ids: Sequence[int]) -> list[PostReactionRow]:
    """Those of one account at some posts, oldest first."""
    return rows(PostReactionRow, await tx.all(OF_ACCOUNT, account_id=account_id, post_ids=list(post_ids)))


async def counts(tx: Tx, post_ids: Sequence[int]) -> Counts:
    """Name, picture and number of each emoji at each post that has any, the first one first."""
    found: Counts = {}
    for post_id, name, url, count in await tx.all(COUNTS, post_ids=list(post_ids)):
        found.setdefault(post_id, []).append((name, url, count))
    return found


async def remove(tx: Tx, reaction_id: int) -> None:
    await tx.run(REMOVE, id=reaction_id)
