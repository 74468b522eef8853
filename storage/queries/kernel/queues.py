"""The depths of the queues: what is due, what is scheduled for later, what was given up."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from msgspec import structs
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    case,
    func,
    not_,
    or_,
    select,
    update,
)

from storage.engine import ReadTx, Tx
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.kernel import inbox as inbox_queries
from storage.queries.kernel import jobs as job_queries
from storage.rows.kernel import QueueRow
from storage.statements import one_of
from storage.tables.kernel import deliveries, inbox_items, tasks
from storage.tables.peers import peers

# As they are leased: held back by no earlier one, and not to a peer whose deliveries are postponed.
_deliverable = (
    or_(peers.c.retry_at.is_(None), peers.c.retry_at <= bindparam("b_now")),
    delivery_queries.IS_FREE,
)


def _count_states(
    table: Table, source: FromClause, *free: ColumnElement[bool], known: ColumnElement[bool] | None = None
) -> Select[Any]:
    alive = table.c.dead_at.is_(None) if known is None else and_(table.c.dead_at.is_(None), known)
    dead = table.c.dead_at.is_not(None)
    due = and_(alive, table.c.run_at <= bindparam("b_now"), *free)
    return select(
        func.coalesce(func.sum(case((due, 1), else_=0)), 0),
        func.coalesce(func.sum(case((and_(alive, not_(due)), 1), else_=0)), 0),
        func.coalesce(func.sum(case((dead, 1), else_=0)), 0),
        func.min(case((due, table.c.run_at))),
    ).select_from(source)


LOAD_DEPTHS = {
    "tasks": _count_states(tasks, tasks, known=one_of(tasks.c.kind, "b_kinds")),
    "inbox": _count_states(inbox_items, inbox_items),
    "deliveries": _count_states(
        deliveries, deliveries.outerjoin(peers, peers.c.domain == deliveries.c.host), *_deliverable
    ),
}


RELEASE_ALL = [
    update(table).where(table.c.leased_until > bindparam("b_now")).values(leased_until=0)
    for table in (tasks, inbox_items, deliveries)
]
# Peers that do not answer, and what waits for them.
_pending = (
    select(func.count())
    .where(deliveries.c.host == peers.c.domain, deliveries.c.dead_at.is_(None))
    .correlate(peers)
    .scalar_subquery()
)
COUNT_UNREACHABLE = select(func.count(), func.coalesce(func.sum(_pending), 0)).where(
    peers.c.failing_since_at.is_not(None)
)


async def release_all(tx: Tx) -> int:
    """End all leases, as the process that had them is gone; return how many."""
    return sum([await tx.run(statement, b_now=tx.now) for statement in RELEASE_ALL])


async def count_pending(tx: ReadTx) -> int:
    """Return how much waits in all queues, due or not."""
    received, enqueued = await inbox_queries.count_pending(tx), await job_queries.count_pending(tx)
    return received + enqueued + await delivery_queries.count_pending(tx)


async def count_unreachable(tx: ReadTx) -> tuple[int, int]:
    """Return how many peers do not answer, and how many deliveries wait for them."""
    row = await tx.one(COUNT_UNREACHABLE)
    assert row is not None
    return int(row[0]), int(row[1])


async def load_depths(tx: ReadTx, known_kinds: Collection[str]) -> dict[str, QueueRow]:
    """Return each queue by its name: tasks, inbox, deliveries; `known_kinds` are those of jobs."""
    depths = {}
    for name, statement in LOAD_DEPTHS.items():
        params = {"b_kinds": list(known_kinds)} if name == "tasks" else {}
        row = await tx.one(statement, b_now=tx.now, **params)
        assert row is not None
        depths[name] = QueueRow(*row)
    unknown = sum(count for _, count, _ in await job_queries.count_unknown(tx, known_kinds))
    depths["tasks"] = structs.replace(depths["tasks"], unknown=unknown)
    depths["deliveries"] = structs.replace(depths["deliveries"], silent=await count_unreachable(tx))
    return depths
