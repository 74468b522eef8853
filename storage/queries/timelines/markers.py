"""Markers: how far an account has read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select

from storage.engine import ReadTx, Tx
from storage.rows.timelines import MarkerRow
from storage.statements import columns_of, one_of, to_rows, upsert
from storage.tables.timelines import markers

LIST_BY_ACCOUNT = select(*columns_of(markers, MarkerRow)).where(
    markers.c.account_id == bindparam("account_id"), one_of(markers.c.timeline, "timelines")
)
_upsert = upsert(markers)
SET_LAST_READ = _upsert.on_conflict_do_update(
    index_elements=["account_id", "timeline"],
    set_={
        "last_read_id": _upsert.excluded.last_read_id,
        "version": markers.c.version + 1,
        "updated_at": _upsert.excluded.updated_at,
    },
)


async def list_by_account(tx: ReadTx, account_id: int, timelines: Sequence[str]) -> list[MarkerRow]:
    return to_rows(MarkerRow, await tx.all(LIST_BY_ACCOUNT, account_id=account_id, timelines=list(timelines)))


async def set_last_read(tx: Tx, account_id: int, last_read: Mapping[str, int]) -> None:
    """Set the markers of some timelines; the version of each grows by one."""
    await tx.run_many(
        SET_LAST_READ,
        [
            {
                "account_id": account_id,
                "timeline": timeline,
                "last_read_id": read,
                "version": 1,
                "updated_at": tx.now,
            }
            for timeline, read in last_read.items()
        ],
    )
