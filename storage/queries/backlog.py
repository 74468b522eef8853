"""What waits in the queues, and what was given up: for people who look after the node."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, func, literal, select, union_all

from storage.schema.tables import deliveries, inbox_items, tasks
from storage.statements import Tx

MOST = 50


def _counted(name: str, table: Table) -> Any:
    columns = table.c
    dead = columns.dead_at.is_not(None)
    return select(
        literal(name),
        func.count().filter(~dead),
        func.count().filter(dead),
        func.coalesce(func.min(columns.run_at).filter(~dead), 0),
    )


COUNTS = union_all(
    _counted("tasks", tasks), _counted("deliveries", deliveries), _counted("inbox", inbox_items)
)
DEAD_TASKS = (
    select(tasks.c.kind, tasks.c.error, tasks.c.dead_at)
    .where(tasks.c.dead_at.is_not(None))
    .order_by(tasks.c.dead_at.desc())
    .limit(MOST)
)
DEAD_DELIVERIES = (
    select(deliveries.c.host, func.count(), func.max(deliveries.c.error), func.max(deliveries.c.dead_at))
    .where(deliveries.c.dead_at.is_not(None))
    .group_by(deliveries.c.host)
    .order_by(func.max(deliveries.c.dead_at).desc())
    .limit(MOST)
)


async def counts(tx: Tx) -> list[tuple[str, int, int, int]]:
    """Queue, how many wait, how many were given up, when the first that waits is due (0: none)."""
    return [(row[0], int(row[1]), int(row[2]), int(row[3])) for row in await tx.all(COUNTS)]


async def dead_tasks(tx: Tx) -> list[tuple[str, str, int]]:
    """Kind, error and moment of the latest tasks that were given up."""
    return [(row[0], row[1], row[2]) for row in await tx.all(DEAD_TASKS)]


async def dead_deliveries(tx: Tx) -> list[tuple[str, int, str, int]]:
    """Host, how many, an error, the latest moment, of deliveries that were given up."""
    return [(row[0], int(row[1]), row[2], row[3]) for row in await tx.all(DEAD_DELIVERIES)]
