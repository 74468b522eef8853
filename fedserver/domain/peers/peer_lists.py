"""Lists of peers at other places: read once a day, shown before they are followed for the first time.

What a list brings keeps its source; what it takes back is taken back here too, unless somebody changed it by
hand. A list may be allowed to apply itself, up to a number of changes at once; beyond that it waits.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import Forbidden, Invalid, NotFound
from fedserver.domain.peers import peer_files, peer_plans
from fedserver.domain.peers.peer_files import Entry
from fedserver.text.sanitize import clean_name
from storage.engine import Tx
from storage.queries.peers import peer_lists as peer_list_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.auth import MemberRow
from storage.rows.peers import PeerListEntryRow, PeerListRow

DAY, HOUR = 86_400_000, 3_600_000
KINDS = (peer_files.BLOCK, peer_files.ALLOW)
MOST_LISTS, MOST_CHANGES = 20, 1_000
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[Entry, ...]).decode


class Wish(Struct, frozen=True):
    """How a list is to be followed."""

    url: str
    title: str = ""
    kind: str = peer_files.BLOCK
    applies_itself: bool = False
    most_changes: int = 10


async def every(tx: Tx) -> list[PeerListRow]:
    return await peer_list_queries.every(tx)


async def get(tx: Tx, list_id: int) -> PeerListRow:
    """Raises NotFound."""
    row = await peer_list_queries.by_id(tx, list_id)
    if row is None:
        raise NotFound
    return row


async def find(tx: Tx, list_id: int) -> PeerListRow | None:
    return await peer_list_queries.by_id(tx, list_id)


async def brought(tx: Tx, row: PeerListRow) -> int:
    """How many decisions here come from a list."""
    return len(await peer_queries.of_list(tx, row.id))


async def count_waiting(tx: Tx) -> int:
    """How many lists wait for an admin."""
    return sum(bool(row.waiting) for row in await every(tx))


async def subscribe(tx: Tx, site: Site, member: MemberRow, wish: Wish) -> PeerListRow:
    """Follow a list from now on: it is read at once, and nothing is changed yet. Raises Invalid."""
    url = wish.url.strip()
    if not url.startswith(("https://", "http://")) or len(url) > 2_000 or not url.isprintable() or " " in url:
        raise Invalid("url", "is not the address of a list")
    if site.links.is_local(url):
        raise Invalid("url", "is of this node")
    if wish.kind not in KINDS:
        raise Invalid("kind", "must be block or allow")
    if len(await every(tx)) >= MOST_LISTS:
        raise Forbidden(f"A node follows at most {MOST_LISTS} lists")
    row = PeerListRow(
        id=tx.new_id(),
        url=url,
        title=clean_name(wish.title, 100) or url,
        kind=wish.kind,
        applies_itself=wish.applies_itself,
        most_changes=_bound(wish.most_changes),
        etag="",
        fetch_at=tx.now,
        fetched_at=None,
        error="",
        waiting="",
        unusable=0,
        applied_at=None,
        created_at=tx.now,
        created_by_id=member.id,
    )
    await audit_log.add(tx, member, "peer_list.subscribe", target=row.url, reason=row.title)
    if not await peer_list_queries.add(tx, row):
        raise Invalid("url", "is followed already")
    await _owe(tx, row)
    return row


def _bound(most_changes: int) -> int:
    if not 0 < most_changes <= MOST_CHANGES:
        raise Invalid("most_changes", f"must be from 1 to {MOST_CHANGES}")
    return most_changes


async def change(tx: Tx, member: MemberRow, list_id: int, *, applies_itself: bool, most_changes: int) -> None:
    """Say whether a list applies itself, and how much of it at once. Raises NotFound, Invalid."""
    row = await get(tx, list_id)
    new = structs.replace(row, applies_itself=applies_itself, most_changes=_bound(most_changes))
    how = f"by itself, up to {new.most_changes} changes" if applies_itself else "after a look"
    await audit_log.add(tx, member, "peer_list.change", target=row.url, reason=how)
    await peer_list_queries.save(tx, new)


async def unsubscribe(tx: Tx, member: MemberRow, list_id: int, *, keeps: bool) -> None:
    """Follow a list no more; what it brought stays (`keeps`) as if decided by hand, or is taken back."""
    row = await get(tx, list_id)
    await audit_log.add(tx, member, "peer_list.unsubscribe", target=row.url, reason=row.title)
    brought = await peer_queries.of_list(tx, list_id)
    if not keeps:
        await peer_plans.take_back(tx, member, row, brought)
    await peer_list_queries.free(tx, list_id, brought)
    await peer_list_queries.remove(tx, list_id)


async def read_now(tx: Tx, list_id: int) -> None:
    """Ask for a list before its day is over. Raises NotFound."""
    await _owe(tx, await get(tx, list_id))


async def owe_due(tx: Tx) -> None:
    """Have the lists read whose day is over."""
    for row in await peer_list_queries.due(tx):
        await _owe(tx, row)


async def _owe(tx: Tx, row: PeerListRow) -> None:
    await jobs.owe(tx, jobs.FetchPeerList(row.id), dedupe=f"peer_list:{row.id}")


async def failed(tx: Tx, list_id: int, why: str) -> None:
    """A list could not be read: what is here stays, it is asked again in an hour."""
    row = await peer_list_queries.by_id(tx, list_id)
    if row is not None:
        await peer_list_queries.save(tx, structs.replace(row, error=why[:500], fetch_at=tx.now + HOUR))


async def unchanged(tx: Tx, list_id: int) -> None:
    """A list is as it was the last time."""
    row = await peer_list_queries.by_id(tx, list_id)
    if row is not None:
        await peer_list_queries.save(
            tx, structs.replace(row, error="", fetched_at=tx.now, fetch_at=tx.now + DAY)
        )


async def receive(tx: Tx, site: Site, list_id: int, data: bytes, etag: str) -> None:
    """A list as it is now: applied if it may apply itself, else it waits for an admin."""
    row = await peer_list_queries.by_id(tx, list_id)
    if row is None:
        return
    try:
        reading = peer_files.read(data, row.kind)
    except Invalid as error:
        await failed(tx, list_id, error.told)
        return
    row = structs.replace(
        row,
        etag=etag[:500],
        error="",
        fetched_at=tx.now,
        fetch_at=tx.now + DAY,
        unusable=reading.unusable,
        waiting=_encode(reading.entries).decode(),
    )
    plan = await peer_plans.make(tx, site, reading.entries, row, counts=False)
    few = len(plan.changing) <= row.most_changes
    if row.applied_at is not None and (not plan.changing or (row.applies_itself and few)):
        await _apply(tx, None, row, plan)
    else:
        await peer_list_queries.save(tx, row)


async def plan(tx: Tx, site: Site, row: PeerListRow, *, counts: bool = True) -> peer_plans.Plan | None:
    """What a list that waits would change, None if nothing waits."""
    if not row.waiting:
        return None
    return await peer_plans.make(tx, site, _decode(row.waiting), row, counts=counts)


def mark(row: PeerListRow) -> str:
    """Tells what waits apart from what waited when somebody looked."""
    return str(row.fetched_at or 0)


async def confirm(tx: Tx, site: Site, member: MemberRow, list_id: int, seen: str, leave: set[str]) -> int:
    """Apply what waits, as it was shown (`seen` is its `mark`), but for the peers in `leave`.

    How much was done. Raises NotFound, and Invalid if the list was read anew since.
    """
    row = await get(tx, list_id)
    found = await plan(tx, site, row, counts=False)
    if found is None or mark(row) != seen:
        raise Invalid("base", "The list was read anew since. Please look at it again.")
    return await _apply(tx, member, row, found, leave)


async def _apply(
    tx: Tx,
    member: MemberRow | None,
    row: PeerListRow,
    found: peer_plans.Plan,
    leave: set[str] | frozenset[str] = frozenset(),
) -> int:
    done = await peer_plans.carry_out(tx, member, found, leave, row)
    await peer_list_queries.replace_entries(
        tx,
        row.id,
        [
            PeerListEntryRow(
                row.id,
                each.domain,
                each.entry.policy,
                each.entry.rejects_media,
                each.entry.rejects_reports,
                each.entry.public_comment,
                each.entry.obfuscates,
                each.kind == peer_plans.LEFT or (each.domain in leave and each.kind in peer_plans.CHANGING),
            )
            for each in found.changes
            if each.entry is not None
        ],
    )
    await peer_list_queries.save(tx, structs.replace(row, waiting="", applied_at=tx.now))
    if done:
        role = audit_log.NODE if member is None else audit_log.OPERATOR
        await audit_log.add(
            tx, member, "peer_list.apply", target=row.url, reason=f"{done} changes", role=role
        )
    return done


async def read_in(
    tx: Tx, site: Site, member: MemberRow | None, data: bytes | str, kind: str, leave: set[str]
) -> int:
    """Follow a file once, but for the peers in `leave`; how much was done. Raises Invalid."""
    found = await peer_plans.make(tx, site, peer_files.read(data, kind).entries, counts=False)
    done = await peer_plans.carry_out(tx, member, found, leave)
    if done:
        await audit_log.add(
            tx, member, "peer_list.import", target=site.links.domain, reason=f"{done} changes"
        )
    return done
