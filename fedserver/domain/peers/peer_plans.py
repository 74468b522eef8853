"""Plans: what a list of peers would change here, shown to admins before it is applied.

A subscribed list never changes decisions made by hand, and only the list that brought a decision changes or
revokes it. A file that an admin imports may change everything, as every row of it is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import own_node, peers
from fedserver.domain.peers.peer_files import PeerEntry
from storage.engine import ReadTx, Tx
from storage.queries.peers import partners as partner_queries
from storage.queries.peers import peer_accounts as peer_account_queries
from storage.queries.peers import peer_lists as peer_list_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.auth import MemberRow
from storage.rows.peers import PeerListEntryRow, PeerListRow, PeerRow

NEW, CHANGED, GONE, SAME, KEPT, LEFT = "new", "changed", "gone", "same", "kept", "left"
CHANGING = (NEW, CHANGED, GONE)
STRENGTH = {"allow": 0, "": 1, "limit": 2, "block": 3}


class PeerChange(Struct, frozen=True):
    """A change of one peer: new, changed, gone; or same, kept (decided by hand), left (out by an admin).

    A block ends `followers` (of our members, there) and `following` (whom our members follow there).
    """

    kind: str
    domain: str
    entry: PeerEntry | None
    former: PeerRow | None
    followers: int = 0
    following: int = 0

    @property
    def is_milder(self) -> bool:
        """True if the new policy is weaker than the former one."""
        policy = self.entry.policy if self.entry is not None else ""
        return self.former is not None and STRENGTH[policy] < STRENGTH[self.former.policy]


class PeerPlan(Struct, frozen=True):
    """All changes; those that have an effect come first."""

    changes: tuple[PeerChange, ...]
    known_domains: frozenset[str]  # nodes with accounts stored here, and their parent domains

    @property
    def changing(self) -> list[PeerChange]:
        """The changes that have an effect."""
        return [change for change in self.changes if change.kind in CHANGING]

    @property
    def lost(self) -> int:
        """How many follows would end."""
        return sum(change.followers + change.following for change in self.changing)

    def count_by_kind(self) -> dict[str, int]:
        """Return the number of changes of each kind."""
        counts = dict.fromkeys((NEW, CHANGED, GONE, SAME, KEPT, LEFT), 0)
        for change in self.changes:
            counts[change.kind] += 1
        return counts


async def build(
    tx: ReadTx,
    site: NodeContext,
    entries: Iterable[PeerEntry],
    source: PeerListRow | None = None,
    *,
    with_losses: bool = True,
) -> PeerPlan:
    """Return what a file, or the subscribed list `source`, would change; `with_losses` counts follows."""
    decided = {row.domain: row for row in await peer_queries.list_with_decision(tx)}
    applied = await peer_list_queries.load_entries(tx, source.id) if source is not None else {}
    protected = await _list_protected_domains(tx, site)
    by_domain: dict[str, PeerChange] = {}
    for entry in entries:
        former = decided.get(entry.domain)
        is_declined = entry.domain in applied and applied[entry.domain].declined
        kind = _classify(entry, former, source)
        is_own = entry.policy != "allow" and own_node.concerns_own_node(site, entry.domain)
        if kind in CHANGING and (is_declined or is_own or _covers(entry, protected)):
            kind = LEFT
        by_domain[entry.domain] = PeerChange(kind, entry.domain, entry, former)
    if source is not None:
        for domain, row in decided.items():
            if row.list_id == source.id and domain not in by_domain:
                by_domain[domain] = PeerChange(GONE, domain, None, row)
    losses = await _count_losses(
        tx, [change for change in by_domain.values() if with_losses and _blocks(change)]
    )
    changes = [structs.replace(change, **losses.get(change.domain, {})) for change in by_domain.values()]
    order = (NEW, CHANGED, GONE, KEPT, LEFT, SAME)
    changes.sort(
        key=lambda change: (order.index(change.kind), -change.followers - change.following, change.domain)
    )
    known_domains = {
        parent
        for name in await peer_account_queries.list_domains(tx)
        for parent in (name, *peers.list_parent_domains(peers.strip_port(name)))
    }
    return PeerPlan(tuple(changes), frozenset(known_domains))


async def _list_protected_domains(tx: ReadTx, site: NodeContext) -> set[str]:
    """Return our own domains and those of partners, about which only people decide."""
    partners = await partner_queries.list_by_state(tx, "agreed")
    return {site.links.domain, site.links.hostname, *(row.domain for row in partners)}


def _covers(entry: PeerEntry, names: Collection[str]) -> bool:
    return any(name == entry.domain or name.endswith(f".{entry.domain}") for name in names)


def _classify(entry: PeerEntry, former: PeerRow | None, source: PeerListRow | None) -> str:
    if former is None:
        return NEW
    if _is_same(entry, former):
        return SAME
    return CHANGED if source is None or former.list_id == source.id else KEPT


def _is_same(entry: PeerEntry, row: PeerRow) -> bool:
    """Return True if the entry changes nothing: an empty comment keeps another, a block implies the rest."""
    if entry.policy != row.policy or entry.public_comment not in ("", row.public_comment):
        return False
    rejects = (entry.rejects_media, entry.rejects_reports)
    is_same = entry.policy == "block" or rejects == (row.rejects_media, row.rejects_reports)
    return is_same and entry.obfuscates == row.obfuscates


def _blocks(change: PeerChange) -> bool:
    """Return True if the change blocks a peer that is not blocked now."""
    blocks = change.kind in (NEW, CHANGED) and change.entry is not None and change.entry.policy == "block"
    return blocks and (change.former is None or change.former.policy != "block")


async def _count_losses(tx: ReadTx, changes: Iterable[PeerChange]) -> dict[str, dict[str, int]]:
    """Return followers and followed accounts on each peer to be blocked, subdomains included."""
    domains = {change.domain for change in changes}
    losses: dict[str, dict[str, int]] = {}
    if not domains:
        return losses
    for hosts, followers, following in await peer_account_queries.count_follows_by_hosts(tx):
        names = (name for host in hosts for name in peers.list_parent_domains(peers.strip_port(host)))
        nearest = next((name for name in names if name in domains), None)
        if nearest is not None:
            counts = losses.setdefault(nearest, {"followers": 0, "following": 0})
            counts["followers"] += followers
            counts["following"] += following
    return losses


async def apply(
    tx: Tx,
    member: MemberRow | None,
    plan: PeerPlan,
    excluded: Collection[str] = (),
    source: PeerListRow | None = None,
) -> int:
    """Apply a plan, except for the `excluded` domains; return how many changes.

    An excluded domain that the list dropped keeps its decision, as if made by hand.
    """
    done = 0
    role = audit_log.NODE if member is None and source is not None else audit_log.OPERATOR
    gone = [change.domain for change in plan.changing if change.kind == GONE]
    for change in plan.changing:
        if change.domain in excluded or change.entry is None:
            continue
        note = source.title if source is not None else change.former.reason if change.former else ""
        await peers.decide(
            tx,
            member,
            change.domain,
            to_decision(change.entry, note),
            list_id=source.id if source is not None else None,
            is_known=change.domain in plan.known_domains,
            role=role,
        )
        done += 1
    if source is not None and gone:
        await peer_list_queries.detach_decisions(
            tx, source.id, [domain for domain in gone if domain in excluded]
        )
        done += await revoke(tx, member, source, [domain for domain in gone if domain not in excluded])
    return done


def to_decision(entry: PeerEntry | PeerListEntryRow, note: str) -> peers.PeerDecision:
    """Return an entry as a decision; `note` tells moderators where it comes from."""
    return peers.PeerDecision(
        entry.policy,
        note,
        entry.rejects_media,
        entry.rejects_reports,
        entry.public_comment,
        entry.obfuscates,
    )


async def revoke(tx: Tx, member: MemberRow | None, source: PeerListRow, domains: Collection[str]) -> int:
    """Revoke decisions of a list, or replace them by those of another list; return how many."""
    replacements = (
        await peer_list_queries.load_entries_of_other_lists(tx, source.id, list(domains)) if domains else {}
    )
    role = audit_log.NODE if member is None else audit_log.OPERATOR
    titles = {row.id: row.title for row in await peer_list_queries.list_all(tx)} if replacements else {}
    for domain in domains:
        other = replacements.get(domain)
        if other is None:
            await peers.reset(tx, member, domain, f"No longer on the list: {source.title}", role=role)
        else:
            note = titles[other.list_id]
            await peers.decide(tx, member, domain, to_decision(other, note), list_id=other.list_id, role=role)
    return len(domains)
