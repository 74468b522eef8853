"""The queue of jobs: insert, lease, finish, retry, release, dead-letter.

A lease is a time (ms UTC) until which no other worker takes the row; the lease of a worker that dies
runs out. Several queues share the table: a worker leases the kinds of its queue (`fedserver.jobs.registry`),
so rows of a kind that this version does not know are never taken and stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, case, delete, func, select, update

from storage.engine import ReadTx, Tx
from storage.rows.kernel import JobRow
from storage.statements import columns_of, one_of, to_rows, upsert
from storage.tables.kernel import tasks

INSERT = upsert(tasks).on_conflict_do_nothing()
_is_pending = tasks.c.dead_at.is_(None)
_due = (
    select(tasks.c.id)
    .where(
        one_of(tasks.c.kind, "b_kinds"),
        tasks.c.run_at <= bindparam("b_now"),
        tasks.c.leased_until <= bindparam("b_now"),
        _is_pending,
    )
    .order_by(tasks.c.run_at, tasks.c.id)
    .limit(bindparam("b_limit"))
    .with_for_update(skip_locked=True)
)
LEASE = (
    update(tasks)
    .where(tasks.c.id.in_(_due))
    .values(leased_until=bindparam("b_until"), attempts=tasks.c.attempts + 1)
    .returning(*columns_of(tasks, JobRow))
)
DELETE_WAITING = (
    delete(tasks)
    .where(tasks.c.dedupe == bindparam("dedupe"), tasks.c.leased_until <= bindparam("now"), _is_pending)
    .returning(tasks.c.id)
)
RENEW = update(tasks).where(tasks.c.id == bindparam("b_id")).values(leased_until=bindparam("b_until"))
FINISH = delete(tasks).where(one_of(tasks.c.id, "ids"))
RETRY = (
    update(tasks)
    .where(tasks.c.id == bindparam("b_id"))
    .values(run_at=bindparam("b_run_at"), leased_until=0, error=bindparam("b_error"))
)
RELEASE = update(tasks).where(one_of(tasks.c.id, "ids")).values(leased_until=0, attempts=tasks.c.attempts - 1)
DEAD_LETTER = (
    update(tasks)
    .where(tasks.c.id == bindparam("b_id"))
    .values(dead_at=bindparam("b_now"), dedupe=None, error=bindparam("b_error"))
)
_free_at = case((tasks.c.leased_until > tasks.c.run_at, tasks.c.leased_until), else_=tasks.c.run_at)
FIND_NEXT_DUE = select(func.min(tasks.c.run_at)).where(one_of(tasks.c.kind, "kinds"), _is_pending)
FIND_NEXT_FREE = select(func.min(_free_at)).where(one_of(tasks.c.kind, "kinds"), _is_pending)
COUNT_PENDING = select(func.count()).where(_is_pending)
COUNT_UNKNOWN = (
    select(tasks.c.kind, func.count(), func.min(tasks.c.id))
    .where(~one_of(tasks.c.kind, "kinds"), _is_pending)
    .group_by(tasks.c.kind)
    .order_by(tasks.c.kind)
)


async def insert(tx: Tx, *, kind: str, payload: str, run_at: int, dedupe: str | None) -> None:
    """Add a job, unless one with the same `dedupe` waits already."""
    await tx.run(
        INSERT,
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


async def delete_waiting(tx: Tx, dedupe: str) -> bool:
    """Delete the job with this `dedupe` unless a worker has leased it; return whether there was one."""
    return await tx.value(DELETE_WAITING, dedupe=dedupe, now=tx.now) is not None


async def lease(tx: ReadTx, *, until: int, limit: int, kinds: Collection[str]) -> list[JobRow]:
    """Take due jobs of these kinds, oldest first; no other worker gets them before `until` (ms UTC)."""
    rows = to_rows(
        JobRow, await tx.all(LEASE, b_now=tx.now, b_until=until, b_limit=limit, b_kinds=list(kinds))
    )
    return sorted(rows, key=lambda row: (row.run_at, row.id))


async def renew(tx: Tx, job_id: int, until: int) -> None:
    """Prolong a lease until a later moment (ms UTC)."""
    await tx.run(RENEW, b_id=job_id, b_until=until)


async def finish(tx: Tx, ids: Sequence[int]) -> None:
    """Delete jobs that are done."""
    await tx.run(FINISH, ids=list(ids))


async def retry(tx: Tx, job_id: int, run_at: int, error: str) -> None:
    """Put a job back until `run_at` (ms UTC), with the error of this attempt."""
    await tx.run(RETRY, b_id=job_id, b_run_at=run_at, b_error=error[:500])


async def release(tx: Tx, ids: Sequence[int]) -> None:
    """Return leased jobs that were not done; the attempt does not count."""
    await tx.run(RELEASE, ids=list(ids))


async def dead_letter(tx: Tx, job_id: int, error: str) -> None:
    """Give a job up; it stays in the table for the admin."""
    await tx.run(DEAD_LETTER, b_id=job_id, b_now=tx.now, b_error=error[:500])


async def find_next_due(tx: ReadTx, *, kinds: Collection[str], waits_for_leases: bool = False) -> int | None:
    """Return when the next job of these kinds is due (ms UTC); None if there is none.

    With `waits_for_leases` leased jobs count from the end of their lease.
    """
    statement = FIND_NEXT_FREE if waits_for_leases else FIND_NEXT_DUE
    due_at: int | None = await tx.value(statement, kinds=list(kinds))
    return due_at


async def count_pending(tx: ReadTx) -> int:
    """Return how many jobs are not done yet, due or not, of any kind."""
    return int(await tx.value(COUNT_PENDING))


async def count_unknown(tx: ReadTx, known_kinds: Collection[str]) -> list[tuple[str, int, int]]:
    """Return kind, number and oldest id of the pending jobs whose kind is none of `known_kinds`."""
    rows = await tx.all(COUNT_UNKNOWN, kinds=list(known_kinds))
    return [(str(kind), int(count), int(oldest_id)) for kind, count, oldest_id in rows]
