"""When members were active, by day, and from which addresses they came; addresses are kept for a year."""

from __future__ import annotations

from datetime import UTC, datetime

from storage.engine import Tx
from storage.queries.auth import member_activity as member_activity_queries
from storage.queries.auth import members as member_queries

DAY = 86_400_000
KEEP_ADDRESSES = 365 * DAY


def month_of(moment: int) -> int:
    """The number of a month: year * 12 + month - 1."""
    found = datetime.fromtimestamp(moment / 1000, UTC)
    return found.year * 12 + found.month - 1


async def note(tx: Tx, member_id: int) -> None:
    """A member is active today."""
    await member_queries.set_value(tx, member_id, "active_at", tx.now)
    await member_activity_queries.note_day(tx, member_id, tx.now // DAY, month_of(tx.now))


async def note_address(tx: Tx, member_id: int, address: str) -> None:
    """A member came from an address; nothing is kept where there is none (a unix socket)."""
    if address:
        await member_activity_queries.note_address(tx, member_id, address[:100])
