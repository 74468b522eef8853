"""Deliveries: pending POSTs to inboxes.

Within a lane (host and sender) they are sent in order. One that failed holds back only those of its own
subject, so that an Update never overtakes its Create while everything else goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec import structs
from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)

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
_earlier, _first, _untried = deliveries.alias(), deliveries.alias(), deliveries.alias()


def _is_first(row: FromClause, subject: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that nothing earlier in the lane of a delivery has this subject."""
    return ~exists(
        select(literal(1)).where(
            _earlier.c.lane == row.c.lane,
            _earlier.c.subject == subject,
            _earlier.c.id < row.c.id,
            _earlier.c.dead_at.is_(None),
        )
    )


# The first of its lane that waits to be tried for the first time; what waits for a failed one of its own
# subject holds back nothing else. A scalar, so that it is looked up by the index and never joined: a join
# compares all of a lane with all of it.
_first_untried_id = (
    select(_untried.c.id)
    .where(
        _untried.c.lane == deliveries.c.lane,
        _untried.c.error == literal_column("''"),  # as the index has it
        _untried.c.dead_at.is_(None),
        ~exists(
            select(literal(1)).where(
                _first.c.lane == _untried.c.lane,
                _first.c.subject == _untried.c.subject,
                _first.c.id < _untried.c.id,
                _first.c.dead_at.is_(None),
            )
        ),
    )
    .order_by(_untried.c.id)
    .limit(1)
    .scalar_subquery()
)
# Nothing earlier of its lane waits to be tried for the first time, and nothing earlier is of its subject.
# Rows that were written before there were subjects have none, and hold back their whole lane.
IS_FREE = and_(
    _is_first(deliveries, deliveries.c.subject),
    _is_first(deliveries, literal_column("''", Text())),
    func.coalesce(_first_untried_id, deliveries.c.id) >= deliveries.c.id,
)
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
        IS_FREE,
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
_is_waiting = and_(deliveries.c.dead_at.is_(None), deliveries.c.leased_until <= bindparam("b_now"))
LIST_WAITING_DOCUMENTS = (
    select(*columns_of(documents, DocumentRow))
    .where(
        documents.c.account_id == bindparam("b_account_id"),
        documents.c.id < bindparam("b_before_id"),
        exists(
            select(literal(1)).where(
                deliveries.c.document_id == documents.c.id,
                or_(deliveries.c.subject == bindparam("b_subject"), bindparam("b_every", type_=Boolean())),
                _is_waiting,
            )
        ),
    )
    .order_by(documents.c.id)
)
WITHDRAW = delete(deliveries).where(
    one_of(deliveries.c.document_id, "ids"), one_of(deliveries.c.inbox_uri, "inboxes"), _is_waiting
)
LIST_LATER_DOCUMENTS = (
    select(*columns_of(documents, DocumentRow))
    .join(deliveries, deliveries.c.document_id == documents.c.id)
    .where(
        deliveries.c.lane == bindparam("lane"),
        one_of(deliveries.c.subject, "subjects"),
        deliveries.c.id > bindparam("id"),
        deliveries.c.inbox_uri == bindparam("inbox_uri"),
        deliveries.c.dead_at.is_(None),
    )
    .order_by(documents.c.id)
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
    *,
    subject: str = "",
) -> int:
    """Enqueue a document for inboxes; return how many.

    `targets` are pairs of host and inbox; to the hosts in `run_at_by_host` nothing is delivered before that
    moment (ms UTC). Deliveries of a sender to a host that share a `subject` are never out of order; without
    one, a delivery that fails holds back all later ones of the sender.
    """
    await tx.run(INSERT_DOCUMENT, **structs.asdict(document))
    rows: list[dict[str, Any]] = [
        {
            "id": tx.new_id(),
            "document_id": document.id,
            "host": host,
            "inbox_uri": inbox,
            "lane": f"{host} {document.account_id}",
            "subject": subject,
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
    """Lease deliveries that are due and not held back; no other worker gets them before `until`.

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


async def list_waiting_documents(
    tx: ReadTx, document: DocumentRow, subject: str, *, every_subject: bool
) -> list[DocumentRow]:
    """Return earlier documents of a sender, of the same subject or of all, that still wait for some inbox.

    What is being delivered at this moment is not among them.
    """
    rows = await tx.all(
        LIST_WAITING_DOCUMENTS,
        b_account_id=document.account_id,
        b_before_id=document.id,
        b_subject=subject,
        b_every=every_subject,
        b_now=tx.now,
    )
    return to_rows(DocumentRow, rows)


async def withdraw(tx: Tx, document_ids: Sequence[int], inboxes: Sequence[str]) -> int:
    """Delete the waiting deliveries of documents to these inboxes; return how many."""
    count = await tx.run(WITHDRAW, ids=list(document_ids), inboxes=list(inboxes), b_now=tx.now)
    await tx.run(DELETE_UNUSED_DOCUMENTS, ids=list(document_ids))
    return count


async def list_later_documents(tx: ReadTx, row: DeliveryRow, subjects: Sequence[str]) -> list[DocumentRow]:
    """Return what is to be delivered to an inbox after `row`, of the same sender and about these subjects."""
    rows = await tx.all(
        LIST_LATER_DOCUMENTS,
        lane=row.lane,
        id=row.id,
        inbox_uri=row.inbox_uri,
        subjects=list(dict.fromkeys(subjects)),
    )
    return to_rows(DocumentRow, rows)


async def retry(tx: Tx, delivery_id: int, run_at: int, error: str) -> None:
    """Store why a delivery failed and when it is tried again; it no longer holds back other subjects."""
    error = error or "failed"  # an empty text would mean that it was not tried yet
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
