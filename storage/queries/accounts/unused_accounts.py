"""Accounts of peers of which nothing is left here, to be deleted after a time.

What members and moderators decided keeps an account, and so does every row that refers to it: those of tables
that come later, too, unless they are named here.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, ColumnElement, bindparam, exists, literal, or_, select

from storage.engine import ReadTx
from storage.queries.accounts.decisions import decided_condition
from storage.schema import metadata
from storage.statements import one_of
from storage.tables.accounts import accounts
from storage.tables.peers import relays

# Tables with what a peer told about its account, and nothing else.
OWNED = frozenset({"keys", "media", "featured_tags"})
_before = bindparam("before", type_=BigInteger())  # ms UTC
_is_remote = (accounts.c.domain != "", accounts.c.deleted_at.is_(None))


def _list_references() -> list[Column[int]]:
    """Return the columns of other tables that refer to accounts, but for those of what they own."""
    return [
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if any(key.column is accounts.c.id for key in column.foreign_keys)
        and table is not accounts
        and table.name not in OWNED
    ]


def _is_named(column: ColumnElement[int]) -> ColumnElement[bool]:
    return exists(select(literal(1)).where(column == accounts.c.id))


_moved = accounts.alias()
LIST_REMOTE = (
    select(accounts.c.id)
    .where(accounts.c.id > bindparam("after_id"), *_is_remote)
    .order_by(accounts.c.id)
    .limit(bindparam("limit"))
)
LIST_UNUSED = select(accounts.c.id).where(
    one_of(accounts.c.id, "ids"),
    *_is_remote,
    accounts.c.updated_at < _before,
    or_(accounts.c.fetched_at.is_(None), accounts.c.fetched_at < _before),
    ~decided_condition,
    *(~_is_named(column) for column in _list_references()),
    ~exists(select(literal(1)).where(relays.c.actor_uri == accounts.c.uri)),
    # One scan for all of them: the column has no index.
    accounts.c.id.not_in(select(_moved.c.moved_to_id).where(_moved.c.moved_to_id.is_not(None))),
)


async def list_remote(tx: ReadTx, after_id: int, limit: int) -> list[int]:
    """Return the next accounts of peers, oldest first."""
    return await tx.values(LIST_REMOTE, after_id=after_id, limit=limit)


async def list_unused(tx: ReadTx, ids: Sequence[int], before: int) -> list[int]:
    """Return those of the accounts that nothing here refers to, last read before a moment (ms UTC)."""
    return await tx.values(LIST_UNUSED, ids=list(ids), before=before, now=tx.now)
