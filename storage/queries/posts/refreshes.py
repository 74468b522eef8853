"""Refreshes of threads: the latest one of each post that was opened."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, select, update

from storage.engine import ReadTx, Tx
from storage.rows.posts import RefreshRow
from storage.statements import columns_of, to_row_or_none, upsert
from storage.tables.posts import refreshes

COLUMNS = columns_of(refreshes, RefreshRow)
FIND = select(*COLUMNS).where(refreshes.c.id == bindparam("id"))
FIND_BY_POST = select(*COLUMNS).where(refreshes.c.post_id == bindparam("post_id"))
_upsert = upsert(refreshes)
UPSERT = _upsert.on_conflict_do_update(
    index_elements=["post_id"],
    set_={name: _upsert.excluded[name] for name in ("id", "state", "found", "started_at")},
)
UPDATE_PROGRESS = (
    update(refreshes)
    .where(refreshes.c.id == bindparam("b_id"))
    .values(found=bindparam("b_found"), state=bindparam("b_state"))
)


async def find(tx: ReadTx, refresh_id: int) -> RefreshRow | None:
    return to_row_or_none(RefreshRow, await tx.one(FIND, id=refresh_id))


async def find_by_post(tx: ReadTx, post_id: int) -> RefreshRow | None:
    """Return the last refresh of the thread at a post."""
    return to_row_or_none(RefreshRow, await tx.one(FIND_BY_POST, post_id=post_id))


async def upsert_refresh(tx: Tx, row: RefreshRow) -> None:
    """Store a new refresh in place of the last one of that post."""
    await tx.run(UPSERT, **structs.asdict(row))


async def update_progress(tx: Tx, refresh_id: int, found_count: int, state: str) -> None:
    """Write how many new posts a refresh has found, and its state."""
    await tx.run(UPDATE_PROGRESS, b_id=refresh_id, b_found=found_count, b_state=state)
