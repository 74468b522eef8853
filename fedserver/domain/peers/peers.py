"""Peers: with whom this node speaks, as the moderators decided.

A decision about a domain holds for everything below it. In `allowlist` mode only allowed peers count, in
`closed` mode none. What a decision does to accounts that are known is in `peer_effects`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import events
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.peers import peer_effects
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.paging import Page
from storage.queries.peers import peers as peer_queries
from storage.rows.auth import MemberRow
from storage.rows.peers import PeerRow

POLICIES = ("", "allow", "limit", "block")
MAX_REASON = 1_000


class PeerPolicies:
    """The decisions of this moment, in memory: asked for each request, changed seldom."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._decided: dict[str, PeerRow] = {}

    async def load(self, tx: Tx) -> None:
        """Read them anew; to be called at start and when they changed."""
        self._decided = {row.domain: row for row in await peer_queries.list_with_decision(tx)}

    def _find_decision(self, host: str) -> PeerRow | None:
        """The decision about a host or the nearest domain above it."""
        if not self._decided:
            return None
        name = host.partition(":")[0].rstrip(".").lower()
        for candidate in (host.lower(), *list_parent_domains(name)):
            if candidate in self._decided:
                return self._decided[candidate]
        return None

    def find(self, host: str) -> str:
        """The decision about a host or the nearest domain above it; '' for none."""
        row = self._find_decision(host)
        return row.policy if row is not None else ""

    def allows(self, host: str) -> bool:
        """True if this node speaks with the host at all."""
        policy = self.find(host)
        if policy == "block" or self._mode == "closed":
            return False
        return self._mode == "open" or policy == "allow"

    def allows_media(self, host: str) -> bool:
        """False if files, pictures and emoji of the host are not taken."""
        row = self._find_decision(host)
        return row is None or not row.rejects_media


def list_parent_domains(name: str) -> list[str]:
    """A domain and every domain above it, the nearest first."""
    parts = name.split(".")
    return [".".join(parts[place:]) for place in range(len(parts))]


def obfuscate(domain: str) -> str:
    """A domain with most of its middle hidden, for lists that everybody reads."""
    shown = max(2, len(domain) // 4)
    middle = "".join(letter if letter == "." else "*" for letter in domain[shown:-shown])
    return domain[:shown] + middle + domain[-shown:]


def _public_name(row: PeerRow) -> str:
    return obfuscate(row.domain) if row.obfuscates else row.domain


class PeerDecision(Struct, frozen=True):
    """What is decided about a peer, and why: `reason` for moderators, `public_comment` for everybody."""

    policy: str
    reason: str = ""
    rejects_media: bool = False
    rejects_reports: bool = False
    public_comment: str = ""
    obfuscates: bool = False


def normalize_domain(domain: str) -> str:
    """A domain in its plain form. Raises Invalid."""
    domain = domain.strip().rstrip(".").lower()
    if not domain:
        raise InvalidError("domain", "can't be blank", "ERR_BLANK")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError as error:
            raise InvalidError("domain", "is not a host name") from error
    if not set(domain) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-:[]_") or len(domain) > 253:
        raise InvalidError("domain", "is not a host name")
    return domain


async def decide(
    tx: Tx,
    member: MemberRow | None,
    domain: str,
    decision: PeerDecision,
    *,
    list_id: int | None = None,
    is_known: bool = True,
    role: str = audit_log.OPERATOR,
) -> PeerRow:
    """Allow, limit or block a peer, or (policy '') note something about it. Raises Invalid.

    `list_id` is the list that brings the decision; without one it was made by hand. `is_met` is False where
    the caller knows that there are no accounts of the peer. `role` is who decides if it is no member.
    """
    if decision.policy not in POLICIES:
        raise InvalidError("policy", "must be allow, limit or block")
    former = await _find_or_insert(tx, normalize_domain(domain))
    same = former.decision_id is not None and former.policy == decision.policy
    row = structs.replace(
        former,
        policy=decision.policy,
        reason=clean_text(decision.reason, MAX_REASON).strip(),
        public_comment=clean_text(decision.public_comment, MAX_REASON).strip(),
        rejects_media=decision.rejects_media,
        rejects_reports=decision.rejects_reports,
        obfuscates=decision.obfuscates,
        decision_id=former.decision_id or tx.new_id(),
        decided_at=former.decided_at if same else tx.now,
        list_id=list_id,
    )
    verb = f"peer.{decision.policy or 'note'}"
    await audit_log.record(
        tx,
        member,
        verb,
        target=row.domain,
        subject=audit_log.build_subject("peer", _public_name(row)),
        reason=row.public_comment or row.reason,
        shows_reason=bool(row.public_comment),
        role=role,
    )
    await peer_queries.set_decision(tx, row)
    if is_known:
        await peer_effects.apply_change(tx, former, row)
    _emit_change(tx, row.domain)
    return row


async def reset(
    tx: Tx, member: MemberRow | None, domain: str, reason: str = "", *, role: str = audit_log.OPERATOR
) -> PeerRow:
    """Take a decision back; nothing happens if there is none. The row before. Raises Invalid."""
    former = await _find_or_insert(tx, normalize_domain(domain))
    if former.decision_id is None:
        return former
    row = structs.replace(
        former,
        policy="",
        reason="",
        public_comment="",
        rejects_media=False,
        rejects_reports=False,
        obfuscates=False,
        decision_id=None,
        decided_at=None,
        list_id=None,
    )
    undone = await audit_log.find_active(tx, row.domain, f"peer.{former.policy or 'note'}")
    await audit_log.record(
        tx,
        member,
        "peer.reset",
        target=row.domain,
        subject=audit_log.build_subject("peer", _public_name(former)),
        reason=reason,
        undoes_id=undone.id if undone else None,
        role=role,
    )
    await peer_queries.set_decision(tx, row)
    await peer_effects.apply_change(tx, former, row)
    _emit_change(tx, row.domain)
    return former


def _emit_change(tx: Tx, domain: str) -> None:
    """Once a transaction, as whoever hears it reads all decisions anew."""
    if all(event.kind != events.PEER_CHANGED for event in tx.events):
        tx.emit(events.PEER_CHANGED, domain=domain)


async def _find_or_insert(tx: Tx, domain: str) -> PeerRow:
    await ensure(tx, domain)
    row = await peer_queries.find_by_domain(tx, domain)
    assert row is not None
    return row


async def get_decision(tx: Tx, decision_id: int, *, allows: bool) -> PeerRow:
    """A peer by its decision. Raises NotFound if there is none, or one of the other kind."""
    row = await peer_queries.find_by_decision(tx, decision_id)
    if row is None or (row.policy == "allow") is not allows:
        raise NotFoundError
    return row


async def list_decisions(tx: Tx, page: Page, *, allows: bool) -> list[PeerRow]:
    """A page of allowances, or of the other decisions, newest first."""
    return await peer_queries.list_decisions(tx, page, allows=allows)


async def list_with_decision(tx: Tx) -> list[PeerRow]:
    """All peers about which there is a decision, by name."""
    return sorted(await peer_queries.list_with_decision(tx), key=lambda row: row.domain)


async def find_blocking_decision(tx: Tx, domain: str) -> PeerRow | None:
    """The decision other than an allowance that covers a domain: its own, or the nearest above."""
    found = await peer_queries.load_by_domains(tx, list_parent_domains(domain))
    rows = (found.get(name) for name in list_parent_domains(domain))
    row = next((each for each in rows if each is not None and each.decision_id is not None), None)
    return row if row is not None and row.policy != "allow" else None


async def list_public_decisions(tx: Tx) -> list[PeerRow]:
    """What everybody may know: limited and blocked peers, by name."""
    found = [row for row in await peer_queries.list_with_decision(tx) if row.policy in ("limit", "block")]
    return sorted(found, key=lambda row: row.domain)


async def get(tx: Tx, domain: str) -> PeerRow:
    """A peer that we met. Raises NotFound."""
    row = await peer_queries.find_by_domain(tx, domain)
    if row is None:
        raise NotFoundError
    return row


async def ensure(tx: Tx, domain: str) -> None:
    """A row for a peer that we met."""
    await peer_queries.insert(tx, domain)


async def list_all(tx: Tx) -> Sequence[PeerRow]:
    """All peers, those with a decision first."""
    return await peer_queries.list_all(tx)
