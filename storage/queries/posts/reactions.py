"""Emoji reactions to posts, and how many there are of each."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, select

from storage.engine import ReadTx, Tx
from storage.rows.posts import PostReactionRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.posts import reactions

COLUMNS = columns_of(reactions, PostReactionRow)
INSERT = upsert(reactions).on_conflict_do_nothing()
FIND_BY_URI = select(*COLUMNS).where(reactions.c.uri == bindparam("uri"))
LIST_BY_ACCOUNT = (
    select(*COLUMNS)
    .where(reactions.c.account_id == bindparam("account_id"), one_of(reactions.c.post_id, "post_ids"))
    .order_by(reactions.c.id)
)
_first = func.min(reactions.c.id)
COUNT_BY_POSTS = (
    select(reactions.c.post_id, reactions.c.name, reactions.c.url, func.count())
    .where(one_of(reactions.c.post_id, "post_ids"))
    .group_by(reactions.c.post_id, reactions.c.name, reactions.c.url)
    .order_by(_first)
)
DELETE = delete(reactions).where(reactions.c.id == bindparam("id"))

ReactionCounts = dict[int, list[tuple[str, str, int]]]


async def insert(tx: Tx, row: PostReactionRow) -> bool:
    """Add a reaction; return False if there is one with that emoji, or its URI is taken."""
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def find_by_uri(tx: ReadTx, uri: str) -> PostReactionRow | None:
    return to_row_or_none(PostReactionRow, await tx.one(FIND_BY_URI, uri=uri))


async def list_by_account(tx: ReadTx, account_id: int, post_ids: Sequence[int]) -> list[PostReactionRow]:
    """Return the reactions of one account to some posts, oldest first."""
    return to_rows(
        PostReactionRow, await tx.all(LIST_BY_ACCOUNT, account_id=account_id, post_ids=list(post_ids))
    )


async def count_by_posts(tx: ReadTx, post_ids: Sequence[int]) -> ReactionCounts:
    """Return name, picture and number of each emoji by post, oldest first; posts without any are missing."""
    counts: ReactionCounts = {}
    for post_id, name, url, count in await tx.all(COUNT_BY_POSTS, post_ids=list(post_ids)):
        counts.setdefault(post_id, []).append((name, url, count))
    return counts


async def delete_by_id(tx: Tx, reaction_id: int) -> None:
    await tx.run(DELETE, id=reaction_id)
