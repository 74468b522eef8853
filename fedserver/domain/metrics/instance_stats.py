"""Figures about the node, for NodeInfo and the instance's description."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.auth import members
from storage.engine import Tx
from storage.queries.metrics import counts as count_queries

WEEKS = 12


class WeekActivity(Struct, frozen=True):
    """A week (Monday to Sunday, UTC): its beginning (ms UTC), posts, members who were here, new members."""

    begins_at: int
    posts: int
    active: int
    joined: int


class InstanceStats(Struct, frozen=True):
    """How large and how busy the node is."""

    members: int
    active_month: int
    active_half_year: int
    posts: int
    peers: int


async def load(tx: Tx) -> InstanceStats:
    """The figures of this minute."""
    room, minute = tx.caches.get_cache("figures", 1), tx.now // 60_000
    known: InstanceStats | None = room.get(minute)
    if known is None:
        known = await _load(tx)
        room.put(minute, known)
    return known


async def _load(tx: Tx) -> InstanceStats:
    total, month, half_year = await members.count_by_activity(tx)
    posts, peers = await count_queries.count_local_posts(tx), await count_queries.count_peers(tx)
    return InstanceStats(total, month, half_year, posts, peers)


async def list_weekly_activity(tx: Tx) -> list[WeekActivity]:
    """The last twelve weeks, this one first."""
    this = count_queries.week_number(tx.now)
    first = this - WEEKS + 1
    posts, active, joined = await count_queries.count_by_week(tx, first)
    return [
        WeekActivity(
            count_queries.week_start(week), posts.get(week, 0), active.get(week, 0), joined.get(week, 0)
        )
        for week in range(this, first - 1, -1)
    ]


async def list_peer_domains(tx: Tx) -> list[str]:
    """The peers that this node knows and has not blocked."""
    return await count_queries.list_peer_domains(tx)
