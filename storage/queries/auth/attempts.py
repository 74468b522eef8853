"""Counts of attempts: how often something was tried in a window that begins with the first attempt."""

from __future__ import annotations

from sqlalchemy import Integer, bindparam, case, delete, update

from storage.engine import Tx
from storage.statements import upsert
from storage.tables.auth import attempt_counts

_counts = attempt_counts.c
_has_ended = _counts.ends_at <= bindparam("now")
_first = upsert(attempt_counts)
# One statement, which locks the row: of many attempts at the same moment, each gets a count of its own.
INCREMENT = _first.on_conflict_do_update(
    index_elements=["subject"],
    set_={
        "count": case((_has_ended, 1), else_=_counts.count + 1),
        "ends_at": case((_has_ended, _first.excluded.ends_at), else_=_counts.ends_at),
    },
).returning(_counts.count, _counts.ends_at)
DECREMENT = (
    update(attempt_counts)
    .where(_counts.subject == bindparam("b_subject"), _counts.count > 0)
    .values(count=_counts.count - bindparam("b_number", type_=Integer()))
)
DELETE = delete(attempt_counts).where(_counts.subject == bindparam("subject"))
DELETE_ENDED = delete(attempt_counts).where(_counts.ends_at <= bindparam("now"))


async def increment(tx: Tx, subject: str, window_ms: int) -> tuple[int, int]:
    """Count an attempt; return the count of its window and when that ends (ms UTC)."""
    row = await tx.one(INCREMENT, subject=subject, count=1, ends_at=tx.now + window_ms, now=tx.now)
    assert row is not None, "an upsert returns its row"
    return int(row[0]), int(row[1])


async def decrement(tx: Tx, subject: str) -> None:
    """Take an attempt back."""
    await tx.run(DECREMENT, b_subject=subject, b_number=1)


async def delete_by_subject(tx: Tx, subject: str) -> None:
    await tx.run(DELETE, subject=subject)


async def delete_ended(tx: Tx) -> None:
    """Delete the counts of windows that have ended."""
    await tx.run(DELETE_ENDED, now=tx.now)
