"""When members were active, and from which addresses they came."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Integer, bindparam, delete, distinct, func, select

from storage.engine import Tx
from storage.statements import one_of, upsert
from storage.tables.auth import member_addresses, member_days, members

DAY = 86_400_000
PUT_DAY = upsert(member_days).on_conflict_do_nothing()
_address = upsert(member_addresses)
PUT_ADDRESS = _address.on_conflict_do_update(
    index_elements=["member_id", "address"], set_={"used_at": _address.excluded.used_at}
)
ADDRESSES = (
    select(member_addresses.c.member_id, member_addresses.c.address, member_addresses.c.used_at)
    .where(one_of(member_addresses.c.member_id, "ids"))
    .order_by(member_addresses.c.used_at.desc())
)
KNOWN_ADDRESSES = select(member_addresses.c.address).distinct()
DROP_ADDRESSES = delete(member_addresses).where(member_addresses.c.used_at <= bindparam("until"))

_joined = (members.c.created_at // DAY).label("joined")
_bounds = (
    members.c.created_at >= bindparam("start"),
    members.c.created_at < bindparam("end"),
)
JOINED = select(_joined, func.count()).where(*_bounds).group_by(_joined)
# Who joined on a day, and how many of them were active in a later day or month.
ACTIVE = {
    name: (
        select(_joined, member_days.c[name], func.count(distinct(members.c.id)))
        .join(member_days, member_days.c.member_id == members.c.id)
        .where(*_bounds, member_days.c.day <= bindparam("last_day", type_=Integer()))
        .group_by(_joined, member_days.c[name])
    )
    for name in ("day", "month")
}


async def note_day(tx: Tx, member_id: int, day: int, month: int) -> None:
    """A member was active on that day (since 1970), in that month (year * 12 + month - 1)."""
    await tx.run(PUT_DAY, member_id=member_id, day=day, month=month)


async def note_address(tx: Tx, member_id: int, address: str) -> None:
    """A member came from an address."""
    await tx.run(PUT_ADDRESS, member_id=member_id, address=address, used_at=tx.now)


async def addresses(tx: Tx, member_ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """Addresses of members with when they were used last, latest first."""
    found: dict[int, list[tuple[str, int]]] = {}
    for member_id, address, used_at in await tx.all(ADDRESSES, ids=list(member_ids)):
        found.setdefault(member_id, []).append((address, used_at))
    return found


async def known_addresses(tx: Tx) -> list[str]:
    return await tx.values(KNOWN_ADDRESSES)


async def drop_addresses(tx: Tx, until: int) -> None:
    await tx.run(DROP_ADDRESSES, until=until)


async def joined(tx: Tx, start: int, end: int) -> dict[int, int]:
    """How many joined, by day."""
    return {row[0]: int(row[1]) for row in await tx.all(JOINED, start=start, end=end)}


async def active(tx: Tx, unit: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """Day of joining, `day` or `month` of being active, how many; of those who joined in a span."""
    found = await tx.all(ACTIVE[unit], start=start, end=end, last_day=end // DAY)
    return [(row[0], row[1], int(row[2])) for row in found]
