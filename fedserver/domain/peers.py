"""Peers: with whom this node speaks, as the admins decided.

A decision about a domain holds for everything below it. In `allowlist` mode only allowed peers count, in
`closed` mode none.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain import acts, events
from fedserver.domain.errors import Invalid
from storage import MemberRow, PeerRow, Tx, queries

POLICIES = ("", "allow", "limit", "block")


class Policies:
    """The decisions of this moment, in memory: asked for each request, changed seldom."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._decided: dict[str, str] = {}

    async def load(self, tx: Tx) -> None:
        """Read them anew; to be called at start and when they changed."""
        self._decided = await queries.peers.policies(tx)

    def of(self, host: str) -> str:
        """The decision about a host or the nearest domain above it; '' for none."""
        name = host.partition(":")[0].rstrip(".").lower()
        for candidate in (host.lower(), *_above(name)):
            if candidate in self._decided:
                return self._decided[candidate]
        return ""

    def allows(self, host: str) -> bool:
        """True if this node speaks with the host at all."""
        policy = self.of(host)
        if policy == "block" or self._mode == "closed":
            return False
        return self._mode == "open" or policy == "allow"


def _above(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[place:]) for place in range(len(parts))]


class Decision(Struct, frozen=True):
    """What an admin decides about a peer, and why."""

    policy: str
    reason: str = ""
    rejects_media: bool = False


async def decide(tx: Tx, member: MemberRow | None, domain: str, decision: Decision) -> None:
    """Allow, limit or block a peer, or (policy '') take a decision back. Raises Invalid."""
    domain = domain.strip().rstrip(".").lower()
    if decision.policy not in POLICIES:
        raise Invalid("policy", "must be allow, limit or block")
    if not domain or not domain.isascii() or set(domain) & set("/@ "):
        raise Invalid("domain", "is not a host name")
    await ensure(tx, domain)
    await queries.peers.decide(
        tx, domain, decision.policy, decision.reason[:1_000], rejects_media=decision.rejects_media
    )
    await acts.add(tx, member, f"peer.{decision.policy or 'reset'}", target=domain, reason=decision.reason)
    tx.emit(events.PEER_CHANGED, domain=domain)


async def ensure(tx: Tx, domain: str) -> None:
    """A row for a peer that we met."""
    await queries.peers.add(tx, domain)


async def everybody(tx: Tx) -> list[PeerRow]:
    """All peers, those with a decision first."""
    return await queries.peers.everybody(tx)


async def limited(tx: Tx) -> list[PeerRow]:
    """Peers that are blocked or limited, by domain."""
    return await queries.peers.limited(tx)
