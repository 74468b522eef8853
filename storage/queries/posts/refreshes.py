"""Refreshes of threads: one row for each post that was opened."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, select, update

from storage.engine import Tx
from storage.rows.posts import RefreshRow
from storage.statements import columns_of, row_or_none, upsert
from storage.tables.posts import refreshes

COLUMNS = columns_of(refreshes, RefreshRow)
BY_ID = select(*COLUMNS).where(refreshes.c.id == bindparam("id"))
OF_POST = select(*COLUMNS).where(refreshes.c.post_id == bindparam("post_id"))
_put = upsert(refreshes)
PUT = _put.on_conflict_do_update(
    index_elements=["post_id"],
    set_={name: _put.excluded[name] for name in ("id", "state", "found", "started_at")},
)
REPORT = (
    update(refreshes)
    .where(refreshes.c.id == bindparam("b_id"))
    .values(found=bindparam("b_found"), state=bindparam("b_state"))
)


async def by_id(tx: Tx, refresh_id: int) -> RefreshRow | None:
    return row_or_none(RefreshRow, await tx.one(BY_ID, id=refresh_id))


async def of_post(tx: Tx, post_id: int) -> RefreshRow | None:
    """The last refresh of the thread at a post."""
    return row_or_none(RefreshRow, await tx.one(OF_POST, post_id=post_id))


async def put(tx: Tx, row: RefreshRow) -> None:
    """A refresh begins, in place of the last one of that post."""
    await tx.run(PUT, **structs.asdict(row))


async def report(tx: Tx, refresh_id: int, found: int, state: str) -> None:
    """How far a refresh has come."""
    await tx.run(REPORT, b_id=refresh_id, b_found=found, b_state=state)
