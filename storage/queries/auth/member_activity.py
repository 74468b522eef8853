"""When members were active, and from which addresses."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Integer, bindparam, delete, distinct, func, select

from storage.engine import ReadTx, Tx
from storage.statements import one_of, upsert
from storage.tables.auth import member_addresses, member_days, members

DAY_MS = 86_400_000
INSERT_DAY = upsert(member_days).on_conflict_do_nothing()
_address = upsert(member_addresses)
UPSERT_ADDRESS = _address.on_conflict_do_update(
    index_elements=["member_id", "address"], set_={"used_at": _address.excluded.used_at}
)
LOAD_ADDRESSES = (
    select(member_addresses.c.member_id, member_addresses.c.address, member_addresses.c.used_at)
    .where(one_of(member_addresses.c.member_id, "ids"))
    .order_by(member_addresses.c.used_at.desc())
)
LIST_ADDRESSES = select(member_addresses.c.address).distinct()
DELETE_OLD_ADDRESSES = delete(member_addresses).where(member_addresses.c.used_at <= bindparam("until"))

_joined = (members.c.created_at // DAY_MS).label("joined")
_bounds = (
    members.c.created_at >= bindparam("start"),
    members.c.created_at < bindparam("end"),
)
COUNT_JOINED = select(_joined, func.count()).where(*_bounds).group_by(_joined)
# Day of joining, and how many of those members were active on a later day or in a later month.
COUNT_ACTIVE = {
    name: (
        select(_joined, member_days.c[name], func.count(distinct(members.c.id)))
        .join(member_days, member_days.c.member_id == members.c.id)
        .where(*_bounds, member_days.c.day <= bindparam("last_day", type_=Integer()))
        .group_by(_joined, member_days.c[name])
    )
    for name in ("day", "month")
}


async def insert_day(tx: Tx, member_id: int, day: int, month: int) -> None:
    """Record that a member was active on a day (since 1970) of a month (year * 12 + month - 1)."""
    await tx.run(INSERT_DAY, member_id=member_id, day=day, month=month)


async def upsert_address(tx: Tx, member_id: int, address: str) -> None:
    """Record the use of an address now."""
    await tx.run(UPSERT_ADDRESS, member_id=member_id, address=address, used_at=tx.now)


async def load_addresses(tx: ReadTx, member_ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """Return addresses of members with their last use, latest first."""
    addresses: dict[int, list[tuple[str, int]]] = {}
    for member_id, address, used_at in await tx.all(LOAD_ADDRESSES, ids=list(member_ids)):
        addresses.setdefault(member_id, []).append((address, used_at))
    return addresses


async def list_addresses(tx: ReadTx) -> list[str]:
    return await tx.values(LIST_ADDRESSES)


async def delete_old_addresses(tx: Tx, until: int) -> None:
    await tx.run(DELETE_OLD_ADDRESSES, until=until)


async def count_joined(tx: ReadTx, start: int, end: int) -> dict[int, int]:
    """Return the number of new members by day."""
    return {row[0]: int(row[1]) for row in await tx.all(COUNT_JOINED, start=start, end=end)}


async def count_active(tx: ReadTx, unit: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """Return day of joining, `day` or `month` of activity, and count, of those who joined in a span."""
    rows = await tx.all(COUNT_ACTIVE[unit], start=start, end=end, last_day=end // DAY_MS)
    return [(row[0], row[1], int(row[2])) for row in rows]
