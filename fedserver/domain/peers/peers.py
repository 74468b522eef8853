"""Peers: the other nodes, and the decisions of moderators about them.

A decision about a domain covers its subdomains. In `allowlist` mode this node federates with allowed peers
only, in `partners` mode with partners, in `closed` mode with none. `peer_effects` holds the effects of a
decision on known accounts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct, structs

from addresses.hosts import find_host, normalize_host, split_port
from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import events
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.domain.peers import peer_effects, severances
from fedserver.text.locales import gettext
from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from storage.rows.peers import PeerRow

POLICIES = ("", "allow", "limit", "block")
MAX_REASON = 1_000  # characters


class PeerPolicies:
    """The current decisions, held in memory: needed for each request and delivery, and rarely changed.

    `mode` is the `peers` of the node's access mode.
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self._decided: dict[str, PeerRow] = {}
        self._partner_hosts: frozenset[str] = frozenset()
        self.version = 0  # grows with every change of a decision

    def set_mode(self, mode: str) -> None:
        """Apply another mode of federation."""
        self.version += mode != self.mode
        self.mode = mode

    async def load(self, tx: ReadTx) -> None:
        """Load the decisions and the partners; called at start and after each change."""
        decided = {row.domain: row for row in await peer_queries.list_with_decision(tx)}
        partners = await peer_queries.list_partners(tx)
        hosts = frozenset(host for domain, uri in partners for host in (domain, find_host(uri)))
        self.version += (decided, hosts) != (self._decided, self._partner_hosts)
        self._decided, self._partner_hosts = decided, hosts

    def _find_decision(self, host: str) -> PeerRow | None:
        """Return the decision about a host or its nearest parent domain."""
        if not self._decided:
            return None
        host = normalize_host(host) or host
        for candidate in (host, *list_parent_domains(split_port(host)[0])):
            if candidate in self._decided:
                return self._decided[candidate]
        return None

    def find(self, host: str) -> str:
        """Return the policy for a host or its nearest parent domain; '' for none."""
        row = self._find_decision(host)
        return row.policy if row is not None else ""

    @property
    def is_closed(self) -> bool:
        """True if this node federates with nobody."""
        return self.mode == "closed"

    def allows(self, *hosts: str) -> bool:
        """Return True if this node speaks with each of the hosts that an account or document is on.

        In `partners` mode that includes allowed peers, which may become partners: see `shares_with`.
        """
        if self.is_closed:
            return False
        policies = [self.find(host) for host in hosts]
        if "block" in policies:
            return False
        return self.mode == "open" or all(
            policy == "allow" or (self.mode == "partners" and host in self._partner_hosts)
            for policy, host in zip(policies, hosts, strict=True)
        )

    def shares_with(self, *hosts: str) -> bool:
        """Return True if each of these hosts may read and receive what members write.

        In `partners` mode those are partners only. With an allowed peer the node itself exchanges offers.
        """
        # guard: partners only
        if self.mode == "partners" and not self._partner_hosts.issuperset(hosts):
            return False
        return self.allows(*hosts)

    def is_blocked(self, *hosts: str) -> bool:
        """Return True if any of the hosts is blocked, whatever else the mode of this node refuses."""
        return any(self.find(host) == "block" for host in hosts)

    def allows_media(self, *hosts: str) -> bool:
        """Return False if files, pictures and emoji of any of the hosts are rejected."""
        rows = [self._find_decision(host) for host in hosts]
        return not any(row is not None and row.rejects_media for row in rows)


def strip_port(host: str) -> str:
    """Return a host without its port; a host may be an IPv6 address in brackets."""
    name, separator, port = host.rpartition(":")
    return name if separator and (port.isdigit() or not port) else host


def list_parent_domains(name: str) -> list[str]:
    """Return a domain and its parent domains, the nearest first."""
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def obfuscate(domain: str) -> str:
    """Return a domain with its middle replaced by asterisks, for public lists."""
    shown = max(2, len(domain) // 4)
    middle = "".join(letter if letter == "." else "*" for letter in domain[shown:-shown])
    return domain[:shown] + middle + domain[-shown:]


def _public_name(row: PeerRow) -> str:
    return obfuscate(row.domain) if row.obfuscates else row.domain


def list_hosts(account: AccountRow) -> list[str]:
    """Return the hosts that an account of a peer is on: policies are asked of each.

    Those are the host of its handle and that of its id, to which its key and inboxes belong as well.
    """
    return list(dict.fromkeys((account.domain, find_host(account.uri))))


class PeerDecision(Struct, frozen=True):
    """A decision about a peer: `reason` is for moderators, `public_comment` for everyone."""

    policy: str
    reason: str = ""
    rejects_media: bool = False
    rejects_reports: bool = False
    public_comment: str = ""
    obfuscates: bool = False


def normalize_domain(domain: str) -> str:
    """Return a domain in its normal form. Raises InvalidError."""
    if not domain.strip():
        raise InvalidError("domain", "can't be blank", "ERR_BLANK")
    host = normalize_host(domain)
    if not host:
        raise InvalidError(
            "domain", "is not a host name", message=gettext("Please enter a domain, such as social.example.")
        )
    return host


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
    """Allow, limit or block a peer, or (policy '') add a note to it. Raises InvalidError.

    `list_id` is the list that the decision comes from, None for one made by hand. `is_known` is False if the
    caller knows that no accounts of the peer are stored. `role` says who decides if it is not a member.
    """
    if decision.policy not in POLICIES:
        raise InvalidError(
            "policy",
            "must be allow, limit or block",
            message=gettext("Please choose what to do with this server."),
        )
    former = await _find_or_insert(tx, normalize_domain(domain))
    is_same = former.decision_id is not None and former.policy == decision.policy
    row = structs.replace(
        former,
        policy=decision.policy,
        reason=clean_lines("reason", decision.reason, MAX_REASON).strip(),
        public_comment=clean_lines("public_comment", decision.public_comment, MAX_REASON).strip(),
        rejects_media=decision.rejects_media,
        rejects_reports=decision.rejects_reports,
        obfuscates=decision.obfuscates,
        decision_id=former.decision_id or tx.new_id(),
        decided_at=former.decided_at if is_same else tx.now,
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
    emit_change(tx, row.domain)
    return row


async def reset(
    tx: Tx, member: MemberRow | None, domain: str, reason: str = "", *, role: str = audit_log.OPERATOR
) -> PeerRow:
    """Revoke the decision about a peer, if there is one; return the row before. Raises InvalidError."""
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
    emit_change(tx, row.domain)
    return former


def emit_change(tx: Tx, domain: str) -> None:
    """Emit the change of a decision or partnership, once in a transaction: handlers load all decisions."""
    if all(event.kind != events.PEER_CHANGED for event in tx.events):
        tx.emit(events.PEER_CHANGED, domain=domain)


async def _find_or_insert(tx: Tx, domain: str) -> PeerRow:
    await ensure(tx, domain)
    row = await peer_queries.find_by_domain(tx, domain)
    assert row is not None
    return row


async def get_decision(tx: ReadTx, decision_id: int, *, allows: bool) -> PeerRow:
    """Return a peer by its decision. Raises NotFoundError for none, and for one of the other kind."""
    row = await peer_queries.find_by_decision(tx, decision_id)
    if row is None or (row.policy == "allow") is not allows:
        raise NotFoundError
    return row


async def list_decisions(tx: ReadTx, page: Page, *, allows: bool) -> list[PeerRow]:
    """Return a page of allows, or of the other decisions, newest first."""
    return await peer_queries.list_decisions(tx, page, allows=allows)


async def list_with_decision(tx: ReadTx) -> list[PeerRow]:
    """Return all peers with a decision, by domain."""
    return sorted(await peer_queries.list_with_decision(tx), key=lambda row: row.domain)


async def find_blocking_decision(tx: ReadTx, domain: str) -> PeerRow | None:
    """Return the decision that covers a domain, its own or that of the nearest parent; None for an allow."""
    nearest = await peer_queries.load_nearest_decisions(tx, [domain])
    return next((row for row in nearest if row.policy != "allow"), None)


async def accepts_reports(tx: ReadTx, account: AccountRow) -> bool:
    """Return False if reports are rejected from any host that an account is on."""
    rows = await peer_queries.load_nearest_decisions(tx, list_hosts(account))
    return not any(row.rejects_reports for row in rows)


async def suspend_account(tx: Tx, uri: str, hosts: Sequence[str]) -> None:
    """Suspend a stored account that is now on a blocked host, as if it had been there when it was blocked.

    That way it is restored with the others when the block is revoked. `hosts` are all that it is on.
    """
    account = await account_queries.find_by_uri(tx, uri)
    blocks = [row for row in await peer_queries.load_nearest_decisions(tx, hosts) if row.policy == "block"]
    if account is None or not account.domain or account.suspended_at is not None or not blocks:
        return
    mark = blocks[0].decided_at or tx.now
    await account_queries.add_hosts(tx, account.id, [host for host in hosts if host != account.domain])
    await account_queries.set_limit(tx, account.id, "suspended_at", mark)
    await severances.sever(tx, mark, "domain_block", blocks[0].domain)
    tx.emit(events.ACCOUNT_CHANGED, account_id=account.id)


async def list_public_decisions(tx: ReadTx) -> list[PeerRow]:
    """Return the decisions that are public: limited and blocked peers, by domain."""
    rows = [row for row in await peer_queries.list_with_decision(tx) if row.policy in ("limit", "block")]
    return sorted(rows, key=lambda row: row.domain)


async def mark_reachable(tx: Tx, domain: str) -> None:
    """Record that a peer is up: what is to be delivered to it and was held back goes out now."""
    if await peer_queries.close_circuit(tx, domain):
        await delivery_queries.retry_host(tx, domain)
        tx.emit("deliveries.due")


async def load_retry_times(tx: ReadTx, domains: Collection[str]) -> dict[str, int]:
    """Return when those of these peers that do not answer are tried again (ms UTC)."""
    return await peer_queries.load_retry_times(tx, list(domains))


async def load_by_domains(tx: ReadTx, domains: Sequence[str]) -> list[PeerRow]:
    """Return the peers with these domains; unknown ones are missing."""
    return list((await peer_queries.load_by_domains(tx, domains)).values())


async def ensure(tx: Tx, domain: str) -> None:
    """Insert a row for a peer, if there is none."""
    await peer_queries.insert(tx, domain)


async def list_all(tx: ReadTx) -> Sequence[PeerRow]:
    """Return all peers, those with a decision first."""
    return await peer_queries.list_all(tx)
