"""When members were active, by day, and from which addresses they came; addresses are kept for a year."""

from __future__ import annotations

from datetime import UTC, datetime

from storage import Tx, queries

DAY = 86_400_000
KEEP_ADDRESSES = 365 * DAY


def month_of(moment: int) -> int:
    """The number of a month: year * 12 + month - 1."""
    found = datetime.fromtimestamp(moment / 1000, UTC)
    return found.year * 12 + found.month - 1


async def note(tx: Tx, member_id: int) -> None:
    """A member is active today."""
    await queries.members.set_value(tx, member_id, "active_at", tx.now)
    await queries.member_activity.note_day(tx, member_id, tx.now // DAY, month_of(tx.now))


async def note_address(tx: Tx, member_id: int, address: str) -> None:
    """A member came from an address; nothing is kept where there is none (a unix socket)."""
    if address:
        await queries.member_activity.note_address(tx, member_id, address[:100])
