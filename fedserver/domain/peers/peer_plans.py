"""What a list of peers would change here, and doing it: nothing is changed that was not shown before.

What was decided by hand is not touched by a list to which we subscribe; what a list brought, only that list
changes or takes back. A file that an admin reads in may change everything, as it is shown row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import peers
from fedserver.domain.peers.peer_files import PeerEntry
from storage.engine import Tx
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
    """What becomes of one peer: new, changed or gone; or same, kept (as it was decided by hand), left (out).

    `followers` of ours are there, and `following` whom we follow there: both end with a block.
    """

    kind: str
    domain: str
    entry: PeerEntry | None
    former: PeerRow | None
    followers: int = 0
    following: int = 0

    @property
    def is_milder(self) -> bool:
        """It takes back some of what was decided."""
        wanted = self.entry.policy if self.entry is not None else ""
        return self.former is not None and STRENGTH[wanted] < STRENGTH[self.former.policy]


class PeerPlan(Struct, frozen=True):
    """All changes, those that do something first."""

    changes: tuple[PeerChange, ...]
    known_domains: frozenset[str]  # the nodes of accounts that we know, and the domains above them

    @property
    def changing(self) -> list[PeerChange]:
        return [each for each in self.changes if each.kind in CHANGING]

    @property
    def lost(self) -> int:
        """How many follows would end."""
        return sum(each.followers + each.following for each in self.changing)

    def counted(self) -> dict[str, int]:
        """How many of each kind."""
        found = dict.fromkeys((NEW, CHANGED, GONE, SAME, KEPT, LEFT), 0)
        for each in self.changes:
            found[each.kind] += 1
        return found


async def build(
    tx: Tx,
    site: NodeContext,
    entries: Iterable[PeerEntry],
    source: PeerListRow | None = None,
    *,
    with_losses: bool = True,
) -> PeerPlan:
    """What would change if a file, or the list `source`, were followed; `counts` also what would be lost."""
    decided = {row.domain: row for row in await peer_queries.list_with_decision(tx)}
    brought = await peer_list_queries.load_entries(tx, source.id) if source is not None else {}
    ours = await _list_protected_domains(tx, site)
    named: dict[str, PeerChange] = {}
    for entry in entries:
        former = decided.get(entry.domain)
        left = entry.domain in brought and brought[entry.domain].declined
        kind = _kind(entry, former, source)
        if kind in CHANGING and (left or _covers(entry, ours)):
            kind = LEFT
        named[entry.domain] = PeerChange(kind, entry.domain, entry, former)
    if source is not None:
        for domain, row in decided.items():
            if row.list_id == source.id and domain not in named:
                named[domain] = PeerChange(GONE, domain, None, row)
    losses = await _count_losses(tx, [each for each in named.values() if with_losses and _blocks(each)])
    changes = [structs.replace(each, **losses.get(each.domain, {})) for each in named.values()]
    order = (NEW, CHANGED, GONE, KEPT, LEFT, SAME)
    changes.sort(key=lambda each: (order.index(each.kind), -each.followers - each.following, each.domain))
    met = {
        above
        for name in await peer_account_queries.list_domains(tx)
        for above in peers.list_parent_domains(name)
    }
    return PeerPlan(tuple(changes), frozenset(met))


async def _list_protected_domains(tx: Tx, site: NodeContext) -> set[str]:
    """Our own names, and those of partners: about them a person decides."""
    partners = await partner_queries.list_by_state(tx, "agreed")
    return {site.links.domain, site.links.hostname, *(row.domain for row in partners)}


def _covers(entry: PeerEntry, names: Collection[str]) -> bool:
    return any(name == entry.domain or name.endswith(f".{entry.domain}") for name in names)


def _kind(entry: PeerEntry, former: PeerRow | None, source: PeerListRow | None) -> str:
    if former is None:
        return NEW
    if _is_same(entry, former):
        return SAME
    return CHANGED if source is None or former.list_id == source.id else KEPT


def _is_same(entry: PeerEntry, row: PeerRow) -> bool:
    """An empty comment says nothing against another; who is blocked sends neither media nor reports."""
    if entry.policy != row.policy or entry.public_comment not in ("", row.public_comment):
        return False
    wanted = (entry.rejects_media, entry.rejects_reports)
    rejects = entry.policy == "block" or wanted == (row.rejects_media, row.rejects_reports)
    return rejects and entry.obfuscates == row.obfuscates


def _blocks(change: PeerChange) -> bool:
    """It ends the follows of a peer that go on now."""
    new = change.kind in (NEW, CHANGED) and change.entry is not None and change.entry.policy == "block"
    return new and (change.former is None or change.former.policy != "block")


async def _count_losses(tx: Tx, changes: Iterable[PeerChange]) -> dict[str, dict[str, int]]:
    """Followers and followed accounts at each peer that is to be blocked, those below its domain too."""
    wanted = {each.domain for each in changes}
    found: dict[str, dict[str, int]] = {}
    if not wanted:
        return found
    for host, (followers, following) in (await peer_account_queries.count_follows_by_domain(tx)).items():
        nearest = next((name for name in peers.list_parent_domains(host) if name in wanted), None)
        if nearest is not None:
            counts = found.setdefault(nearest, {"followers": 0, "following": 0})
            counts["followers"] += followers
            counts["following"] += following
    return found


async def apply(
    tx: Tx,
    member: MemberRow | None,
    plan: PeerPlan,
    excluded: Collection[str] = (),
    source: PeerListRow | None = None,
) -> int:
    """Do what a plan says but for the peers in `leave`; how much was done.

    What a list does not name any more, and is left, stays as if decided by hand.
    """
    done = 0
    role = audit_log.NODE if member is None and source is not None else audit_log.OPERATOR
    gone = [each for each in plan.changing if each.kind == GONE]
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
        kept = [each.domain for each in gone if each.domain in excluded]
        await peer_list_queries.detach_decisions(tx, source.id, kept)
        done += await revoke(
            tx, member, source, [each.domain for each in gone if each.domain not in excluded]
        )
    return done


def to_decision(entry: PeerEntry | PeerListEntryRow, note: str) -> peers.PeerDecision:
    """An entry as a decision; `note` says to moderators where it comes from."""
    return peers.PeerDecision(
        entry.policy,
        note,
        entry.rejects_media,
        entry.rejects_reports,
        entry.public_comment,
        entry.obfuscates,
    )


async def revoke(tx: Tx, member: MemberRow | None, source: PeerListRow, domains: Collection[str]) -> int:
    """Take back what a list brought; another list that names the peer takes its place. How many."""
    elsewhere = (
        await peer_list_queries.load_entries_of_other_lists(tx, source.id, list(domains)) if domains else {}
    )
    role = audit_log.NODE if member is None else audit_log.OPERATOR
    titles = {row.id: row.title for row in await peer_list_queries.list_all(tx)} if elsewhere else {}
    for domain in domains:
        other = elsewhere.get(domain)
        if other is None:
            await peers.reset(tx, member, domain, f"No longer on the list: {source.title}", role=role)
        else:
            note = titles[other.list_id]
            await peers.decide(tx, member, domain, to_decision(other, note), list_id=other.list_id, role=role)
    return len(domains)
