"""Deliveries: pending POSTs to inboxes. Within a lane (host and sender) their order is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec import structs
from sqlalchemy import bindparam, delete, exists, func, literal, or_, select, update

from storage.engine import ReadTx, Tx
from storage.rows.kernel import DeliveryRow, DocumentRow
from storage.statements import columns_of, one_of, to_rows, upsert
from storage.tables.kernel import deliveries, documents
from storage.tables.peers import peers

NO_DELAYS: Mapping[str, int] = MappingProxyType({})
EXPIRE_AFTER_MS = 14 * 86_400_000  # a delivery to an unreachable peer is given up after that time
EXPIRED_PREFIX = "expired; "
MAX_FAILURES = 2**31 - 1
INSERT_DOCUMENT = upsert(documents)
INSERT = upsert(deliveries).on_conflict_do_nothing()
_earlier = deliveries.alias()
_due = (
    select(deliveries.c.id)
    .outerjoin(peers, peers.c.domain == deliveries.c.host)
    .where(
        deliveries.c.run_at <= bindparam("b_now"),
        deliveries.c.leased_until <= bindparam("b_now"),
        deliveries.c.dead_at.is_(None),
        or_(peers.c.retry_at.is_(None), peers.c.retry_at <= bindparam("b_now")),
        func.coalesce(peers.c.failures, 0) <= bindparam("b_failures"),
        ~one_of(deliveries.c.host, "b_without"),
        # Only the first of a lane goes: an Update never overtakes its Create.
        ~exists(
            select(literal(1)).where(
                _earlier.c.lane == deliveries.c.lane,
                _earlier.c.id < deliveries.c.id,
                _earlier.c.dead_at.is_(None),
            )
        ),
    )
    .order_by(deliveries.c.run_at, deliveries.c.id)
    .limit(bindparam("b_limit"))
    .with_for_update(skip_locked=True, of=deliveries)
)
LEASE = (
    update(deliveries)
    .where(deliveries.c.id.in_(_due))
    .values(leased_until=bindparam("b_until"), attempts=deliveries.c.attempts + 1)
    .returning(*columns_of(deliveries, DeliveryRow))
)
LOAD_DOCUMENTS = select(*columns_of(documents, DocumentRow)).where(one_of(documents.c.id, "ids"))
FINISH = delete(deliveries).where(one_of(deliveries.c.id, "ids"))
# A document is deleted when no delivery of it is pending any more.
DELETE_UNUSED_DOCUMENTS = delete(documents).where(
    one_of(documents.c.id, "ids"),
    ~exists(select(literal(1)).where(deliveries.c.document_id == documents.c.id)),
)
RETRY = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("b_id"))
    .values(run_at=bindparam("b_run_at"), leased_until=0, error=bindparam("b_error"))
)
RELEASE = (
    update(deliveries)
    .where(one_of(deliveries.c.id, "ids"))
    .values(leased_until=0, attempts=deliveries.c.attempts - 1)
)
POSTPONE = (
    update(deliveries)
    .where(
        deliveries.c.host == bindparam("b_host"),
        deliveries.c.dead_at.is_(None),
        deliveries.c.run_at < bindparam("b_until"),
    )
    .values(run_at=bindparam("b_until"))
)
EXPIRE = (
    update(deliveries)
    .where(
        deliveries.c.id < bindparam("b_before_id"),
        deliveries.c.dead_at.is_(None),
        deliveries.c.leased_until <= bindparam("b_now"),
    )
    .values(dead_at=bindparam("b_now"), error=literal(EXPIRED_PREFIX).concat(deliveries.c.error))
)
DEAD_LETTER = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("b_id"))
    .values(dead_at=bindparam("b_now"), error=bindparam("b_error"))
)
RETRY_HOST = (
    update(deliveries)
    .where(deliveries.c.host == bindparam("b_host"), deliveries.c.dead_at.is_(None))
    .values(run_at=bindparam("b_now"))
)
FIND_NEXT_DUE = select(func.min(deliveries.c.run_at)).where(
    deliveries.c.dead_at.is_(None), deliveries.c.run_at > bindparam("after")
)
COUNT_PENDING = select(func.count()).where(deliveries.c.dead_at.is_(None))


async def insert(
    tx: Tx,
    document: DocumentRow,
    targets: Iterable[tuple[str, str]],
    run_at_by_host: Mapping[str, int] = NO_DELAYS,
) -> int:
    """Enqueue a document for inboxes; return how many.

    `targets` are pairs of host and inbox; to the hosts in `run_at_by_host` nothing is delivered before that
    moment (ms UTC).
    """
    await tx.run(INSERT_DOCUMENT, **structs.asdict(document))
    rows: list[dict[str, Any]] = [
        {
            "id": tx.new_id(),
            "document_id": document.id,
            "host": host,
            "inbox_uri": inbox,
            "lane": f"{host} {document.account_id}",
            "run_at": run_at_by_host.get(host, tx.now),
            "leased_until": 0,
            "attempts": 0,
            "dead_at": None,
            "error": "",
        }
        for host, inbox in targets
    ]
    await tx.run_many(INSERT, rows)
    return len(rows)


async def lease(
    tx: ReadTx, *, until: int, limit: int, include_failing: bool = True, excluded_hosts: Sequence[str] = ()
) -> list[DeliveryRow]:
    """Lease deliveries that are due and first in their lanes; no other worker gets them before `until`.

    Left out are those to `excluded_hosts` and, unless `include_failing`, those to peers that did not answer.
    """
    rows = await tx.all(
        LEASE,
        b_now=tx.now,
        b_until=until,
        b_limit=limit,
        b_failures=MAX_FAILURES if include_failing else 0,
        b_without=list(excluded_hosts),
    )
    return sorted(to_rows(DeliveryRow, rows), key=lambda row: row.id)


async def release(tx: Tx, ids: Sequence[int]) -> None:
    """Return leased deliveries that were not attempted; the attempt does not count."""
    await tx.run(RELEASE, ids=list(ids))


async def postpone(tx: Tx, host: str, until: int) -> None:
    """Postpone all deliveries to a host until a time (ms UTC)."""
    await tx.run(POSTPONE, b_host=host, b_until=until)


async def expire(tx: Tx, before_id: int) -> int:
    """Give up deliveries that are older than an id and still pending; return how many."""
    return await tx.run(EXPIRE, b_before_id=before_id, b_now=tx.now)


async def load_documents(tx: ReadTx, ids: Sequence[int]) -> dict[int, DocumentRow]:
    return {row.id: row for row in to_rows(DocumentRow, await tx.all(LOAD_DOCUMENTS, ids=list(ids)))}


async def finish(tx: Tx, delivered: Sequence[DeliveryRow]) -> None:
    """Delete deliveries that are done, and documents without any other delivery."""
    await tx.run(FINISH, ids=[row.id for row in delivered])
    await tx.run(DELETE_UNUSED_DOCUMENTS, ids=list({row.document_id for row in delivered}))


async def retry(tx: Tx, delivery_id: int, run_at: int, error: str) -> None:
    await tx.run(RETRY, b_id=delivery_id, b_run_at=run_at, b_error=error[:500])


async def dead_letter(tx: Tx, delivery_id: int, error: str) -> None:
    """Give a delivery up; it stays in the table for the admin."""
    await tx.run(DEAD_LETTER, b_id=delivery_id, b_now=tx.now, b_error=error[:500])


async def retry_host(tx: Tx, host: str) -> None:
    """Make all deliveries to a host due now."""
    await tx.run(RETRY_HOST, b_host=host, b_now=tx.now)


async def find_next_due(tx: ReadTx, *, after: int = 0) -> int | None:
    """Return when the next delivery is due that was not due at `after` (ms UTC); None if there is none."""
    due_at: int | None = await tx.value(FIND_NEXT_DUE, after=after)
    return due_at


async def count_pending(tx: ReadTx) -> int:
    return int(await tx.value(COUNT_PENDING))
