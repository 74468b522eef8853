"""Pending and dead entries of the queues: count, list, retry and delete them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, exists, func, literal, select, union_all, update

from storage.engine import ReadTx, Tx
from storage.statements import one_of
from storage.tables.kernel import deliveries, documents, inbox_items, tasks
from storage.tables.peers import peers

MAX_LISTED = 50
DELIVERIES, INBOX, TASKS = "deliveries", "inbox", "tasks"  # names of the queues; jobs are in `tasks`
TABLES: dict[str, Table] = {TASKS: tasks, DELIVERIES: deliveries, INBOX: inbox_items}


def _build_count(name: str, table: Table) -> Any:
    columns = table.c
    dead = columns.dead_at.is_not(None)
    # Only another version of the program can run a job of an unknown kind: it does not count as pending.
    pending = and_(~dead, one_of(columns.kind, "kinds")) if table is tasks else ~dead
    return select(
        literal(name),
        func.count().filter(pending),
        func.count().filter(dead),
        func.coalesce(func.min(columns.run_at).filter(pending), 0),
    )


COUNT_BY_QUEUE = union_all(*(_build_count(name, table) for name, table in TABLES.items()))


def _select_latest_dead(statement: Any, table: Table) -> Any:
    """Return the statement limited to the latest dead entries of a queue."""
    dead = table.c.dead_at
    return statement.where(dead.is_not(None)).order_by(dead.desc(), table.c.id.desc()).limit(MAX_LISTED)


LIST_DEAD_JOBS = _select_latest_dead(select(tasks.c.id, tasks.c.kind, tasks.c.error, tasks.c.dead_at), tasks)
LIST_DEAD_INBOX = _select_latest_dead(
    select(
        inbox_items.c.id, inbox_items.c.host, inbox_items.c.body, inbox_items.c.error, inbox_items.c.dead_at
    ),
    inbox_items,
)
LIST_DEAD_DELIVERIES = _select_latest_dead(
    select(
        deliveries.c.id, deliveries.c.host, documents.c.body, deliveries.c.error, deliveries.c.dead_at
    ).join(documents, documents.c.id == deliveries.c.document_id),
    deliveries,
)
# Deliveries that failed and will be tried again, at hosts that can be reached otherwise.
LIST_RETRIED = (
    select(
        deliveries.c.host,
        func.count(),
        func.max(deliveries.c.error),
        func.min(deliveries.c.run_at),
    )
    .outerjoin(peers, peers.c.domain == deliveries.c.host)
    .where(deliveries.c.dead_at.is_(None), deliveries.c.error != "", peers.c.failing_since_at.is_(None))
    .group_by(deliveries.c.host)
    .order_by(func.count().desc(), deliveries.c.host)
    .limit(MAX_LISTED)
)
# Jobs of some kinds that failed and are tried again: how many, the next attempt, the latest of the errors.
# The one with the highest number is the youngest.
_failing = and_(one_of(tasks.c.kind, "kinds"), tasks.c.dead_at.is_(None), tasks.c.error != "")
COUNT_FAILING = select(func.count(), func.coalesce(func.min(tasks.c.run_at), 0)).where(_failing)
FIND_FAILING_ERROR = select(tasks.c.error).where(_failing).order_by(tasks.c.id.desc()).limit(1)
# Deliveries and inbox items are selected by host, jobs by id (for `b_` see `storage.statements`).
_CONDITIONS = {
    TASKS: tasks.c.id == bindparam("b_id"),
    DELIVERIES: deliveries.c.host == bindparam("b_host"),
    INBOX: inbox_items.c.host == bindparam("b_host"),
}
RETRY = {
    name: update(table)
    .where(_CONDITIONS[name], table.c.dead_at.is_not(None))
    .values(dead_at=None, attempts=0, leased_until=0, run_at=bindparam("b_now"))
    for name, table in TABLES.items()
}
DELETE_DEAD = {
    name: delete(table).where(_CONDITIONS[name], table.c.dead_at.is_not(None))
    for name, table in TABLES.items()
}
DELETE_DELIVERIES = delete(deliveries).where(deliveries.c.host == bindparam("b_host"))
PURGE_DEAD = [delete(table).where(table.c.dead_at <= bindparam("until")) for table in TABLES.values()]
PURGE_DOCUMENTS = delete(documents).where(
    documents.c.at <= bindparam("until"),
    ~exists(select(literal(1)).where(deliveries.c.document_id == documents.c.id)),
)


async def count_by_queue(tx: ReadTx, known_kinds: Collection[str]) -> list[tuple[str, int, int, int]]:
    """Return rows of queue, pending, dead, and when the first pending entry is due (ms UTC, 0: none).

    A pending job counts only if its kind is in `known_kinds`.
    """
    rows = await tx.all(COUNT_BY_QUEUE, kinds=list(known_kinds))
    return [(row[0], int(row[1]), int(row[2]), int(row[3])) for row in rows]


async def list_dead_jobs(tx: ReadTx) -> list[tuple[int, str, str, int]]:
    """Return id, kind, error and time of the latest dead jobs."""
    return [(row[0], row[1], row[2], row[3]) for row in await tx.all(LIST_DEAD_JOBS)]


async def list_dead_activities(tx: ReadTx, queue: str) -> list[tuple[int, str, bytes, str, int]]:
    """Return id, host, document, error and time of the latest dead deliveries or inbox activities."""
    rows = await tx.all(LIST_DEAD_DELIVERIES if queue == DELIVERIES else LIST_DEAD_INBOX)
    return [(row[0], row[1], bytes(row[2]), row[3], row[4]) for row in rows]


async def list_retried(tx: ReadTx) -> list[tuple[str, int, str, int]]:
    """Return hosts with such deliveries: how many, one of the errors, the next attempt (ms UTC)."""
    return [(row[0], int(row[1]), row[2], int(row[3])) for row in await tx.all(LIST_RETRIED)]


async def load_failing_jobs(tx: ReadTx, kinds: Collection[str]) -> tuple[int, int, str]:
    """Return how many jobs of these kinds failed and are tried again, when the next one is, and an error."""
    row = await tx.one(COUNT_FAILING, kinds=list(kinds))
    assert row is not None
    error = await tx.value(FIND_FAILING_ERROR, kinds=list(kinds)) if row[0] else ""
    return int(row[0]), int(row[1]), str(error or "")


async def retry(tx: Tx, queue: str, host: str, job_id: int) -> int:
    """Retry dead entries of a host, or one job. Returns how many."""
    return await tx.run(RETRY[queue], b_now=tx.now, **_build_condition_params(queue, host, job_id))


async def delete_dead(tx: Tx, queue: str, host: str, job_id: int) -> int:
    """Delete dead entries of a host, or one job. Returns how many."""
    return await tx.run(DELETE_DEAD[queue], **_build_condition_params(queue, host, job_id))


async def delete_deliveries(tx: Tx, host: str) -> int:
    """Delete all deliveries to a host. Returns how many."""
    return await tx.run(DELETE_DELIVERIES, b_host=host)


async def purge_expired(tx: Tx, until: int) -> None:
    """Delete entries that died at or before `until` (ms UTC), and documents that old without deliveries."""
    for statement in (*PURGE_DEAD, PURGE_DOCUMENTS):
        await tx.run(statement, until=until)


def _build_condition_params(queue: str, host: str, job_id: int) -> dict[str, Any]:
    return {"b_id": job_id} if queue == TASKS else {"b_host": host}
