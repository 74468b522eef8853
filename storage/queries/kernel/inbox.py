"""Activities that came in: written before they are answered, processed later, known for a while."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, literal, select, update

from storage.engine import Tx
from storage.rows.kernel import InboxItemRow
from storage.statements import columns_of, one_of, rows, upsert
from storage.tables.kernel import inbox_items, seen_activities

ADD = upsert(inbox_items).on_conflict_do_nothing()
SEE = upsert(seen_activities).on_conflict_do_nothing()
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
GIVE_BACK = (
    update(inbox_items)
    .where(one_of(inbox_items.c.id, "ids"))
    .values(leased_until=0, attempts=inbox_items.c.attempts - 1)
)
BURY = (
    update(inbox_items)
    .where(inbox_items.c.id == bindparam("b_id"))
    .values(dead_at=bindparam("b_now"), error=bindparam("b_error"))
)
FORGET = delete(seen_activities).where(seen_activities.c.at <= bindparam("until"))
NEXT = select(func.min(inbox_items.c.run_at)).where(
    inbox_items.c.dead_at.is_(None), inbox_items.c.run_at > bindparam("after")
)
_of_host = (
    select(literal(1))
    .where(inbox_items.c.host == bindparam("host"), inbox_items.c.dead_at.is_(None))
    .limit(bindparam("most"))
    .subquery()
)
WAITING_OF = select(func.count()).select_from(_of_host)
WAITING = select(func.count()).where(inbox_items.c.dead_at.is_(None))


async def add(tx: Tx, row: InboxItemRow) -> bool:
    """Keep an activity to be processed; False if it came before."""
    # guard: repetition
    if not await tx.run(SEE, actor_uri=row.actor_uri, activity_uri=row.activity_uri, at=tx.now):
        return False
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def lease(tx: Tx, *, until: int, limit: int, without: Sequence[str] = ()) -> list[InboxItemRow]:
    """Take activities, oldest first; those of hosts in `without` are left."""
    found = rows(
        InboxItemRow,
        await tx.all(LEASE, b_now=tx.now, b_until=until, b_limit=limit, b_without=list(without)),
    )
    return sorted(found, key=lambda row: row.id)


async def finish(tx: Tx, ids: Sequence[int]) -> None:
    await tx.run(FINISH, ids=list(ids))


async def retry(tx: Tx, item_id: int, run_at: int, error: str) -> None:
    await tx.run(RETRY, b_id=item_id, b_run_at=run_at, b_error=error[:500])


async def give_back(tx: Tx, ids: Sequence[int]) -> None:
    """They were taken but not begun."""
    await tx.run(GIVE_BACK, ids=list(ids))


async def bury(tx: Tx, item_id: int, error: str) -> None:
    """Give an activity up; it stays to be looked at."""
    await tx.run(BURY, b_id=item_id, b_now=tx.now, b_error=error[:500])


async def forget(tx: Tx, until: int) -> None:
    """Forget which activities came before a moment: their signatures are too old to come again."""
    await tx.run(FORGET, until=until)


async def next_due(tx: Tx, *, after: int = 0) -> int | None:
    """When the next falls due that was not due at `after`."""
    found: int | None = await tx.value(NEXT, after=after)
    return found


async def waiting(tx: Tx) -> int:
    return int(await tx.value(WAITING))


async def waiting_of(tx: Tx, host: str, most: int) -> int:
    """How many of a host wait, counted up to `most`."""
    return int(await tx.value(WAITING_OF, host=host, most=most))
