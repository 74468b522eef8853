"""What waits in the queues, and what was given up: for people who look after the node."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, bindparam, delete, exists, func, literal, select, union_all, update

from storage.engine import Tx
from storage.tables.kernel import deliveries, documents, inbox_items, tasks

MOST = 50
DELIVERIES, INBOX, TASKS = "deliveries", "inbox", "tasks"
TABLES: dict[str, Table] = {TASKS: tasks, DELIVERIES: deliveries, INBOX: inbox_items}


def _counted(name: str, table: Table) -> Any:
    columns = table.c
    dead = columns.dead_at.is_not(None)
    return select(
        literal(name),
        func.count().filter(~dead),
        func.count().filter(dead),
        func.coalesce(func.min(columns.run_at).filter(~dead), 0),
    )


COUNTS = union_all(*(_counted(name, table) for name, table in TABLES.items()))


def _latest(statement: Any, table: Table) -> Any:
    """The latest that were given up of a queue."""
    dead = table.c.dead_at
    return statement.where(dead.is_not(None)).order_by(dead.desc(), table.c.id.desc()).limit(MOST)


DEAD_TASKS = _latest(select(tasks.c.id, tasks.c.kind, tasks.c.error, tasks.c.dead_at), tasks)
DEAD_INBOX = _latest(
    select(
        inbox_items.c.id, inbox_items.c.host, inbox_items.c.body, inbox_items.c.error, inbox_items.c.dead_at
    ),
    inbox_items,
)
DEAD_DELIVERIES = _latest(
    select(
        deliveries.c.id, deliveries.c.host, documents.c.body, deliveries.c.error, deliveries.c.dead_at
    ).join(documents, documents.c.id == deliveries.c.document_id),
    deliveries,
)
# Each queue as people choose from it: what is of one host, a task by its number.
_chosen = {
    TASKS: tasks.c.id == bindparam("b_id"),
    DELIVERIES: deliveries.c.host == bindparam("b_host"),
    INBOX: inbox_items.c.host == bindparam("b_host"),
}
REVIVE = {
    name: update(table)
    .where(_chosen[name], table.c.dead_at.is_not(None))
    .values(dead_at=None, attempts=0, leased_until=0, run_at=bindparam("b_now"))
    for name, table in TABLES.items()
}
DROP = {
    name: delete(table).where(_chosen[name], table.c.dead_at.is_not(None)) for name, table in TABLES.items()
}
FORGET = [delete(table).where(table.c.dead_at <= bindparam("until")) for table in TABLES.values()]
FORGET_DOCUMENTS = delete(documents).where(
    documents.c.at <= bindparam("until"),
    ~exists(select(literal(1)).where(deliveries.c.document_id == documents.c.id)),
)


async def counts(tx: Tx) -> list[tuple[str, int, int, int]]:
    """Queue, how many wait, how many were given up, when the first that waits is due (0: none)."""
    return [(row[0], int(row[1]), int(row[2]), int(row[3])) for row in await tx.all(COUNTS)]


async def dead_tasks(tx: Tx) -> list[tuple[int, str, str, int]]:
    """Number, kind, error and moment of the latest tasks that were given up."""
    return [(row[0], row[1], row[2], row[3]) for row in await tx.all(DEAD_TASKS)]


async def dead_activities(tx: Tx, queue: str) -> list[tuple[int, str, bytes, str, int]]:
    """Number, host, document, error, moment of the latest that were given up: deliveries, or what came in."""
    found = await tx.all(DEAD_DELIVERIES if queue == DELIVERIES else DEAD_INBOX)
    return [(row[0], row[1], bytes(row[2]), row[3], row[4]) for row in found]


async def revive(tx: Tx, queue: str, host: str, task_id: int) -> int:
    """Try again what was given up: of a host, or one task. How many."""
    return await tx.run(REVIVE[queue], b_now=tx.now, **_choice(queue, host, task_id))


async def drop(tx: Tx, queue: str, host: str, task_id: int) -> int:
    """Forget what was given up: of a host, or one task. How many."""
    return await tx.run(DROP[queue], **_choice(queue, host, task_id))


async def forget(tx: Tx, until: int) -> None:
    """Forget what was given up before a moment, and documents of which nothing is owed since then."""
    for statement in (*FORGET, FORGET_DOCUMENTS):
        await tx.run(statement, until=until)


def _choice(queue: str, host: str, task_id: int) -> dict[str, Any]:
    return {"b_id": task_id} if queue == TASKS else {"b_host": host}
