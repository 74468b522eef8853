"""Figures about the node, for NodeInfo and the instance's description."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.auth import members
from storage.engine import Tx
from storage.queries.metrics import counts as count_queries

WEEKS = 12


class Week(Struct, frozen=True):
    """A week (Monday to Sunday, UTC): its beginning (ms UTC), posts, members who were here, new members."""

    begins_at: int
    posts: int
    active: int
    joined: int


class Figures(Struct, frozen=True):
    """How large and how busy the node is."""

    members: int
    active_month: int
    active_half_year: int
    posts: int
    peers: int


async def load(tx: Tx) -> Figures:
    """The figures of this minute."""
    room, minute = tx.memory.room("figures", 1), tx.now // 60_000
    known: Figures | None = room.get(minute)
    if known is None:
        known = await _count(tx)
        room.put(minute, known)
    return known


async def _count(tx: Tx) -> Figures:
    total, month, half_year = await members.counts(tx)
    posts, peers = await count_queries.local_posts(tx), await count_queries.known_peers(tx)
    return Figures(total, month, half_year, posts, peers)


async def activity(tx: Tx) -> list[Week]:
    """The last twelve weeks, this one first."""
    this = count_queries.week_of(tx.now)
    first = this - WEEKS + 1
    posts, active, joined = await count_queries.by_week(tx, first)
    return [
        Week(count_queries.week_begins(week), posts.get(week, 0), active.get(week, 0), joined.get(week, 0))
        for week in range(this, first - 1, -1)
    ]


async def peer_names(tx: Tx) -> list[str]:
    """The peers that this node knows and has not blocked."""
    return await count_queries.peer_names(tx)
