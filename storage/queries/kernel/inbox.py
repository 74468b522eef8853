"""Received activities: stored before the request is answered, processed later, remembered for a while."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, literal, select, update

from storage.engine import ReadTx, Tx
from storage.rows.kernel import InboxItemRow
from storage.statements import columns_of, one_of, to_rows, upsert
from storage.tables.kernel import inbox_items, seen_activities

INSERT = upsert(inbox_items).on_conflict_do_nothing()
_upsert_seen = upsert(seen_activities)
RECORD_SEEN = _upsert_seen.on_conflict_do_update(
    index_elements=[seen_activities.c.actor_uri, seen_activities.c.activity_uri],
    set_={"at": _upsert_seen.excluded.at},
    where=seen_activities.c.at <= bindparam("b_repeatable_until"),
)
_due = (
    select(inbox_items.c.id)
    .where(
        inbox_items.c.run_at <= bindparam("b_now"),
        inbox_items.c.leased_until <= bindparam("b_now"),
        inbox_items.c.dead_at.is_(None),
        ~one_of(inbox_items.c.host, "b_without"),
    )
    .order_by(inbox_items.c.run_at, inbox_items.c.id)
    .limit(bindparam("b_limit"))
    .with_for_update(skip_locked=True)
)
LEASE = (
    update(inbox_items)
    .where(inbox_items.c.id.in_(_due))
    .values(leased_until=bindparam("b_until"), attempts=inbox_items.c.attempts + 1)
    .returning(*columns_of(inbox_items, InboxItemRow))
)
FINISH = delete(inbox_items).where(one_of(inbox_items.c.id, "ids"))
RETRY = (
    update(inbox_items)
    .where(inbox_items.c.id == bindparam("b_id"))
    .values(run_at=bindparam("b_run_at"), leased_until=0, error=bindparam("b_error"))
)
RELEASE = (
    update(inbox_items)
    .where(one_of(inbox_items.c.id, "ids"))
    .values(leased_until=0, attempts=inbox_items.c.attempts - 1)
)
DEAD_LETTER = (
    update(inbox_items)
    .where(inbox_items.c.id == bindparam("b_id"))
    .values(dead_at=bindparam("b_now"), error=bindparam("b_error"))
)
WITHDRAW = delete(inbox_items).where(
    inbox_items.c.actor_uri == bindparam("actor_uri"),
    inbox_items.c.id < bindparam("before_id"),
    inbox_items.c.leased_until <= bindparam("now"),
    inbox_items.c.dead_at.is_(None),
    # The fingerprint begins with the id of the activity and a blank.
    func.substr(inbox_items.c.activity_uri, 1, bindparam("length")) == bindparam("prefix"),
)
PURGE_EXPIRED = delete(seen_activities).where(seen_activities.c.at <= bindparam("until"))
FIND_NEXT_DUE = select(func.min(inbox_items.c.run_at)).where(
    inbox_items.c.dead_at.is_(None), inbox_items.c.run_at > bindparam("after")
)
_pending_of_host = (
    select(literal(1))
    .where(inbox_items.c.host == bindparam("host"), inbox_items.c.dead_at.is_(None))
    .limit(bindparam("most"))
    .subquery()
)
COUNT_PENDING_BY_HOST = select(func.count()).select_from(_pending_of_host)
COUNT_PENDING = select(func.count()).where(inbox_items.c.dead_at.is_(None))


async def record_seen(
    tx: Tx, actor_uri: str, fingerprint: str, signed_at: int, *, repeatable_until: int = -1
) -> bool:
    """Remember what an actor did; return False if it was received before.

    What was signed at `repeatable_until` or earlier (ms UTC) the last time counts as new again.
    """
    return bool(
        await tx.run(
            RECORD_SEEN,
            actor_uri=actor_uri,
            activity_uri=fingerprint,
            at=signed_at,
            b_repeatable_until=repeatable_until,
        )
    )


async def insert(tx: Tx, row: InboxItemRow) -> bool:
    """Store an activity to be processed; return False if it waits already."""
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def lease(
    tx: ReadTx, *, until: int, limit: int, excluded_hosts: Sequence[str] = ()
) -> list[InboxItemRow]:
    """Lease activities, oldest first, without those of `excluded_hosts`."""
    rows = to_rows(
        InboxItemRow,
        await tx.all(LEASE, b_now=tx.now, b_until=until, b_limit=limit, b_without=list(excluded_hosts)),
    )
    return sorted(rows, key=lambda row: row.id)


async def finish(tx: Tx, ids: Sequence[int]) -> None:
    await tx.run(FINISH, ids=list(ids))


async def retry(tx: Tx, item_id: int, run_at: int, error: str) -> None:
    await tx.run(RETRY, b_id=item_id, b_run_at=run_at, b_error=error[:500])


async def release(tx: Tx, ids: Sequence[int]) -> None:
    """Return leased activities that were not processed; the attempt does not count."""
    await tx.run(RELEASE, ids=list(ids))


async def dead_letter(tx: Tx, item_id: int, error: str) -> None:
    """Give an activity up; it stays in the table for the admin."""
    await tx.run(DEAD_LETTER, b_id=item_id, b_now=tx.now, b_error=error[:500])


async def withdraw(tx: Tx, row: InboxItemRow, activity_uri: str) -> int:
    """Delete earlier activities with this id of the same actor that wait; return how many."""
    prefix = f"{activity_uri} "
    return await tx.run(
        WITHDRAW, actor_uri=row.actor_uri, before_id=row.id, now=tx.now, prefix=prefix, length=len(prefix)
    )


async def purge_expired(tx: Tx, until: int) -> None:
    """Forget activities signed before a time: their signatures are too old to be accepted again."""
    await tx.run(PURGE_EXPIRED, until=until)


async def find_next_due(tx: ReadTx, *, after: int = 0) -> int | None:
    """Return when the next activity is due that was not due at `after` (ms UTC); None if there is none."""
    due_at: int | None = await tx.value(FIND_NEXT_DUE, after=after)
    return due_at


async def count_pending(tx: ReadTx) -> int:
    return int(await tx.value(COUNT_PENDING))


async def count_pending_by_host(tx: ReadTx, host: str, limit: int) -> int:
    """Return how many activities of a host are pending, counted up to `limit`."""
    return int(await tx.value(COUNT_PENDING_BY_HOST, host=host, most=limit))
