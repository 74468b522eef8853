"""The queue of tasks: add, lease, finish, put back, bury.

A lease is a moment until which nobody else takes the row; a worker that dies lets it run out.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, and_, bindparam, case, delete, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from storage.engine import Tx
from storage.rows.kernel import JobRow
from storage.statements import columns_of, one_of, to_rows, upsert
from storage.tables.kernel import tasks

INSERT = upsert(tasks).on_conflict_do_nothing()
# Queues of their own, by name, with the kinds in them: slow push services, films, and strangers who are asked
# for pages and threads hold up nothing else. The rest is one queue.
PUSH, MEDIA, REMOTE, DEFAULT = "push", "films", "strangers", ""
KINDS_BY_QUEUE = {
    PUSH: ("push",),
    MEDIA: ("process_media", "make_archive"),
    REMOTE: (
        "close_poll",
        "fetch_parent",
        "refresh_account",
        "refresh_poll",
        "verify_links",
        "send_mail",
        "tell_of_change",
        "verify_quote",
        "refresh_thread",
        "fetch_card",
        "fetch_peer_list",
        "mail_subscriber",
        "read_featured",
        "synchronize_followers",
        "import",
    ),
}
QUEUES = (DEFAULT, *KINDS_BY_QUEUE)
_assigned_kinds = [kind for kinds in KINDS_BY_QUEUE.values() for kind in kinds]


def _in_queue(queue: str) -> ColumnElement[bool]:
    if queue:
        return or_(*(tasks.c.kind == kind for kind in KINDS_BY_QUEUE[queue]))
    return and_(*(tasks.c.kind != kind for kind in _assigned_kinds))


def _due(queue: str) -> Select[tuple[int]]:
    return (
        select(tasks.c.id)
        .where(
            _in_queue(queue),
            tasks.c.run_at <= bindparam("b_now"),
            tasks.c.leased_until <= bindparam("b_now"),
            tasks.c.dead_at.is_(None),
        )
        .order_by(tasks.c.run_at, tasks.c.id)
        .limit(bindparam("b_limit"))
        .with_for_update(skip_locked=True)
    )


LEASE = {
    queue: update(tasks)
    .where(tasks.c.id.in_(_due(queue)))
    .values(leased_until=bindparam("b_until"), attempts=tasks.c.attempts + 1)
    .returning(*columns_of(tasks, JobRow))
    for queue in QUEUES
}
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
_next_attempt_at = case((tasks.c.leased_until > tasks.c.run_at, tasks.c.leased_until), else_=tasks.c.run_at)
FIND_NEXT_DUE = {
    queue: select(func.min(_next_attempt_at if queue in (MEDIA, REMOTE) else tasks.c.run_at)).where(
        _in_queue(queue), tasks.c.dead_at.is_(None)
    )
    for queue in QUEUES
}
COUNT_PENDING = select(func.count()).where(tasks.c.dead_at.is_(None))


async def insert(tx: Tx, *, kind: str, payload: str, run_at: int, dedupe: str | None) -> None:
    """Add a task, unless one with the same `dedupe` waits already."""
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


async def lease(tx: Tx, *, until: int, limit: int, queue: str = DEFAULT) -> list[JobRow]:
    """Take what is due in a queue, oldest first; nobody else gets it before `until`."""
    found = to_rows(JobRow, await tx.all(LEASE[queue], b_now=tx.now, b_until=until, b_limit=limit))
    return sorted(found, key=lambda row: (row.run_at, row.id))


async def renew(tx: Tx, job_id: int, until: int) -> None:
    """Keep a task that was taken until a later moment."""
    await tx.run(RENEW, b_id=job_id, b_until=until)


async def finish(tx: Tx, ids: Sequence[int]) -> None:
    await tx.run(FINISH, ids=list(ids))


async def retry(tx: Tx, job_id: int, run_at: int, error: str) -> None:
    """Put a task back for later."""
    await tx.run(RETRY, b_id=job_id, b_run_at=run_at, b_error=error[:500])


async def release(tx: Tx, ids: Sequence[int]) -> None:
    """They were taken but not done."""
    await tx.run(RELEASE, ids=list(ids))


async def dead_letter(tx: Tx, job_id: int, error: str) -> None:
    """Give a task up; it stays to be looked at."""
    await tx.run(DEAD_LETTER, b_id=job_id, b_now=tx.now, b_error=error[:500])


async def find_next_due(tx: Tx, *, queue: str = DEFAULT) -> int | None:
    """When the next of a queue is due."""
    found: int | None = await tx.value(FIND_NEXT_DUE[queue])
    return found


async def count_pending(tx: Tx) -> int:
    return int(await tx.value(COUNT_PENDING))
