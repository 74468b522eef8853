"""The queue of tasks: add, lease, finish, put back, bury."""

from __future__ import annotations

from storage.compiled import upsert
from storage.engine import Tx
from storage.schema.tasks import tasks

ADD = upsert(tasks).on_conflict_do_nothing()


async def add(tx: Tx, *, kind: str, payload: str, run_at: int, dedupe: str | None) -> None:
    """Add a task, unless one with the same `dedupe` waits already."""
    await tx.run(
        ADD,
        id=tx.new_id(),
        kind=kind,
        payload=payload,
        dedupe=dedupe,
        run_at=run_at,
        leased_until=0,
        attempts=0,
        dead_at=None,
        error="",
    )
