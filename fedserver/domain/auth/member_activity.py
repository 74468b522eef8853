"""When members were active, by day, and from which addresses; addresses are kept for a year."""

from __future__ import annotations

from datetime import UTC, datetime

from fedserver.text.ip_addresses import normalize_address
from storage.engine import Tx
from storage.queries.auth import member_activity as member_activity_queries
from storage.queries.auth import members as member_queries

DAY_MS = 86_400_000
ADDRESS_RETENTION_MS = 365 * DAY_MS  # as with Mastodon


def to_month(moment: int) -> int:
    """Return the number of a month: year * 12 + month - 1."""
    date = datetime.fromtimestamp(moment / 1000, UTC)
    return date.year * 12 + date.month - 1


async def record_activity(tx: Tx, member_id: int) -> None:
    """Record that a member is active now."""
    await member_queries.set_value(tx, member_id, "active_at", tx.now)
    await member_activity_queries.insert_day(tx, member_id, tx.now // DAY_MS, to_month(tx.now))


async def record_address(tx: Tx, member_id: int, address: str) -> None:
    """Record the address of a member in its one spelling; nothing happens for what is no address."""
    normalized = normalize_address(address)
    if normalized:
        await member_activity_queries.upsert_address(tx, member_id, normalized)


async def purge_addresses(tx: Tx) -> None:
    """Delete the IP addresses from which members came more than a year ago."""
    await member_activity_queries.delete_old_addresses(tx, tx.now - ADDRESS_RETENTION_MS)
