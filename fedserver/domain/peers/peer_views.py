"""Peers as moderators see them: a search, and one peer with what is known and pending."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.kernel.errors import NotFoundError
from storage.engine import ReadTx, to_contained_pattern
from storage.queries.peers import peer_accounts as peer_account_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.peers import PeerRow

STATES = peer_queries.STATES


class PeerView(Struct, frozen=True):
    """A peer, its known accounts, the follows from there and to there, and the deliveries that wait."""

    row: PeerRow
    accounts: int
    followers: int
    following: int
    waiting: int


async def search(tx: ReadTx, text: str, state: str, after: str, limit: int) -> list[PeerRow]:
    """Return peers by domain, those behind the domain `after`.

    `text` is a part of the domain, `state` one of STATES; '' means any.
    """
    pattern = to_contained_pattern(text.strip().lower()) if text.strip() else ""
    return await peer_queries.search(tx, pattern, state if state in STATES else "", after, limit)


async def get(tx: ReadTx, domain: str) -> PeerView:
    """Return a peer in three statements. Raises NotFoundError."""
    row = await peer_queries.find_by_domain(tx, domain)
    if row is None:
        raise NotFoundError
    relations = await peer_account_queries.count_relations(tx, domain)
    return PeerView(row, *relations, await peer_queries.count_waiting(tx, domain))


async def count_unreachable(tx: ReadTx, until: int) -> int:
    """Return how many peers have not answered since `until` (ms UTC)."""
    return await peer_queries.count_unreachable(tx, until)
