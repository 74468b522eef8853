"""The queue of tasks: add, lease, finish, put back, bury.

A lease is a moment until which nobody else takes the row; a worker that dies lets it run out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, not_, select, update

from storage.rows import TaskRow
from storage.schema.tables import tasks
from storage.statements import Tx, columns_of, one_of, rows, upsert

ADD = upsert(tasks).on_conflict_do_nothing()
# By whether the kinds that are given are wanted, or all others.
_wanted: dict[bool, ColumnElement[bool]] = {
    False: one_of(tasks.c.kind, "b_kinds"),
    True: not_(one_of(tasks.c.kind, "b_kinds")),
}


def _lease(*, others: bool) -> Any:
    due = (
        select(tasks.c.id)
        .where(
            tasks.c.run_at <= bindparam("b_now"),
            tasks.c.leased_until <= bindparam("b_now"),
            tasks.c.dead_at.is_(None),
            _wanted[others],
        )
        .order_by(tasks.c.run_at, tasks.c.id)
        .limit(bindparam("b_limit"))
        .with_for_update(skip_locked=True)
    )
    return (
        update(tasks)
        .where(tasks.c.id.in_(due))
        .values(leased_until=bindparam("b_until"), attempts=tasks.c.attempts + 1)
        .returning(*columns_of(tasks, TaskRow))
    )


LEASE = {others: _lease(others=others) for others in (False, True)}
FINISH = delete(tasks).where(one_of(tasks.c.id, "ids"))
RETRY = (
    update(tasks)
    .where(tasks.c.id == bindparam("b_id"))
    .values(run_at=bindparam("b_run_at"), leased_until=0, error=bindparam("b_error"))
)
BURY = (
    update(tasks)
    .where(tasks.c.id == bindparam("b_id"))
    .values(dead_at=bindparam("b_now"), dedupe=None, error=bindparam("b_error"))
)
NEXT = {
    others: select(func.min(tasks.c.run_at)).where(tasks.c.dead_at.is_(None), _wanted[others])
    for others in (False, True)
}
WAITING = select(func.count()).where(tasks.c.dead_at.is_(None))


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


async def lease(
    tx: Tx, *, until: int, limit: int, kinds: Sequence[str] = (), others: bool = True
) -> list[TaskRow]:
    """Take due tasks of these kinds, or of all others, oldest first; nobody else gets them before `until`."""
    params = {"b_now": tx.now, "b_until": until, "b_limit": limit, "b_kinds": list(kinds)}
    found = rows(TaskRow, await tx.all(LEASE[others], **params))
    return sorted(found, key=lambda row: (row.run_at, row.id))


async def finish(tx: Tx, ids: Sequence[int]) -> None:
    await tx.run(FINISH, ids=list(ids))


async def retry(tx: Tx, task_id: int, run_at: int, error: str) -> None:
    """Put a task back for later."""
    await tx.run(RETRY, b_id=task_id, b_run_at=run_at, b_error=error[:500])


async def bury(tx: Tx, task_id: int, error: str) -> None:
    """Give a task up; it stays to be looked at."""
    await tx.run(BURY, b_id=task_id, b_now=tx.now, b_error=error[:500])


async def next_due(tx: Tx, *, kinds: Sequence[str], others: bool) -> int | None:
    """When the next task of these kinds, or of all others, is due."""
    found: int | None = await tx.value(NEXT[others], b_kinds=list(kinds))
    return found


async def waiting(tx: Tx) -> int:
    return int(await tx.value(WAITING))
