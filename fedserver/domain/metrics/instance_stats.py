"""Statistics of the node for NodeInfo and the instance entity."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.auth import members
from storage.engine import ReadTx
from storage.queries.metrics import counts as count_queries

WEEKS = 12  # as in Mastodon's instance activity


class WeekActivity(Struct, frozen=True):
    """A week (Monday to Sunday, UTC): start (ms UTC), posts, active members, new members."""

    begins_at: int
    posts: int
    active: int
    joined: int


class InstanceStats(Struct, frozen=True):
    """Size and activity of the node."""

    members: int
    active_month: int
    active_half_year: int
    posts: int
    peers: int


async def load(tx: ReadTx) -> InstanceStats:
    """Return the statistics, cached for a minute."""
    cache, minute = tx.caches.get_cache("figures", 1), tx.now // 60_000
    stats: InstanceStats | None = cache.get(minute)
    if stats is None:
        stats = await _load(tx)
        cache.store(minute, stats)
    return stats


async def _load(tx: ReadTx) -> InstanceStats:
    total, month, half_year = await members.count_by_activity(tx)
    posts, peers = await count_queries.count_local_posts(tx), await count_queries.count_peers(tx)
    return InstanceStats(total, month, half_year, posts, peers)


async def list_weekly_activity(tx: ReadTx) -> list[WeekActivity]:
    """Return the last twelve weeks, the current one first."""
    this = count_queries.week_number(tx.now)
    first = this - WEEKS + 1
    posts, active, joined = await count_queries.count_by_week(tx, first)
    return [
        WeekActivity(
            count_queries.week_start(week), posts.get(week, 0), active.get(week, 0), joined.get(week, 0)
        )
        for week in range(this, first - 1, -1)
    ]


async def list_peer_domains(tx: ReadTx) -> list[str]:
    """Return the domains of known peers that are not blocked."""
    return await count_queries.list_peer_domains(tx)
