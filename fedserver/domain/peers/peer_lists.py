"""Lists of peers at other places: read once a day, shown before they are followed for the first time.

What a list brings keeps its source; what it takes back is taken back here too, unless somebody changed it by
hand. A list may be allowed to apply itself, up to a number of changes at once; beyond that it waits.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.peers import peer_files, peer_plans
from fedserver.domain.peers.peer_files import PeerEntry
from fedserver.text.sanitize import clean_name
from storage.engine import Tx
from storage.queries.peers import peer_lists as peer_list_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.auth import MemberRow
from storage.rows.peers import PeerListEntryRow, PeerListRow

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
KINDS = (peer_files.BLOCK, peer_files.ALLOW)
MAX_LISTS, MAX_CHANGES = 20, 1_000
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[PeerEntry, ...]).decode


class PeerListRequest(Struct, frozen=True):
    """How a list is to be followed."""

    url: str
    title: str = ""
    kind: str = peer_files.BLOCK
    applies_itself: bool = False
    most_changes: int = 10


async def list_all(tx: Tx) -> list[PeerListRow]:
    return await peer_list_queries.list_all(tx)


async def get(tx: Tx, list_id: int) -> PeerListRow:
    """Raises NotFound."""
    row = await peer_list_queries.find(tx, list_id)
    if row is None:
        raise NotFoundError
    return row


async def find(tx: Tx, list_id: int) -> PeerListRow | None:
    return await peer_list_queries.find(tx, list_id)


async def count_decisions(tx: Tx, row: PeerListRow) -> int:
    """How many decisions here come from a list."""
    return len(await peer_queries.list_domains_by_list(tx, row.id))


async def count_pending(tx: Tx) -> int:
    """How many lists wait for an admin."""
    return sum(bool(row.waiting) for row in await list_all(tx))


async def subscribe(tx: Tx, site: NodeContext, member: MemberRow, request: PeerListRequest) -> PeerListRow:
    """Follow a list from now on: it is read at once, and nothing is changed yet. Raises Invalid."""
    url = request.url.strip()
    if not url.startswith(("https://", "http://")) or len(url) > 2_000 or not url.isprintable() or " " in url:
        raise InvalidError("url", "is not the address of a list")
    if site.links.is_local(url):
        raise InvalidError("url", "is of this node")
    if request.kind not in KINDS:
        raise InvalidError("kind", "must be block or allow")
    if len(await list_all(tx)) >= MAX_LISTS:
        raise ForbiddenError(f"A node follows at most {MAX_LISTS} lists")
    row = PeerListRow(
        id=tx.new_id(),
        url=url,
        title=clean_name(request.title, 100) or url,
        kind=request.kind,
        applies_itself=request.applies_itself,
        most_changes=_check_max_changes(request.most_changes),
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
    await audit_log.record(tx, member, "peer_list.subscribe", target=row.url, reason=row.title)
    if not await peer_list_queries.insert(tx, row):
        raise InvalidError("url", "is followed already")
    await _enqueue_fetch(tx, row)
    return row


def _check_max_changes(most_changes: int) -> int:
    if not 0 < most_changes <= MAX_CHANGES:
        raise InvalidError("most_changes", f"must be from 1 to {MAX_CHANGES}")
    return most_changes


async def update_settings(
    tx: Tx, member: MemberRow, list_id: int, *, applies_itself: bool, most_changes: int
) -> None:
    """Say whether a list applies itself, and how much of it at once. Raises NotFound, Invalid."""
    row = await get(tx, list_id)
    new = structs.replace(row, applies_itself=applies_itself, most_changes=_check_max_changes(most_changes))
    how = f"by itself, up to {new.most_changes} changes" if applies_itself else "after a look"
    await audit_log.record(tx, member, "peer_list.change", target=row.url, reason=how)
    await peer_list_queries.update_list(tx, new)


async def unsubscribe(tx: Tx, member: MemberRow, list_id: int, *, keep_decisions: bool) -> None:
    """Follow a list no more; what it brought stays (`keeps`) as if decided by hand, or is taken back."""
    row = await get(tx, list_id)
    await audit_log.record(tx, member, "peer_list.unsubscribe", target=row.url, reason=row.title)
    brought = await peer_queries.list_domains_by_list(tx, list_id)
    if not keep_decisions:
        await peer_plans.revoke(tx, member, row, brought)
    await peer_list_queries.detach_decisions(tx, list_id, brought)
    await peer_list_queries.delete_by_id(tx, list_id)


async def fetch_now(tx: Tx, list_id: int) -> None:
    """Ask for a list before its day is over. Raises NotFound."""
    await _enqueue_fetch(tx, await get(tx, list_id))


async def enqueue_due(tx: Tx) -> None:
    """Have the lists read whose day is over."""
    for row in await peer_list_queries.list_due(tx):
        await _enqueue_fetch(tx, row)


async def _enqueue_fetch(tx: Tx, row: PeerListRow) -> None:
    await jobs.enqueue(tx, jobs.FetchPeerList(row.id), dedupe=f"peer_list:{row.id}")


async def record_failure(tx: Tx, list_id: int, error: str) -> None:
    """A list could not be read: what is here stays, it is asked again in an hour."""
    row = await peer_list_queries.find(tx, list_id)
    if row is not None:
        await peer_list_queries.update_list(
            tx, structs.replace(row, error=error[:500], fetch_at=tx.now + HOUR_MS)
        )


async def record_unchanged(tx: Tx, list_id: int) -> None:
    """A list is as it was the last time."""
    row = await peer_list_queries.find(tx, list_id)
    if row is not None:
        await peer_list_queries.update_list(
            tx, structs.replace(row, error="", fetched_at=tx.now, fetch_at=tx.now + DAY_MS)
        )


async def receive(tx: Tx, site: NodeContext, list_id: int, data: bytes, etag: str) -> None:
    """A list as it is now: applied if it may apply itself, else it waits for an admin."""
    row = await peer_list_queries.find(tx, list_id)
    if row is None:
        return
    try:
        reading = peer_files.parse(data, row.kind)
    except InvalidError as error:
        await record_failure(tx, list_id, error.message)
        return
    row = structs.replace(
        row,
        etag=etag[:500],
        error="",
        fetched_at=tx.now,
        fetch_at=tx.now + DAY_MS,
        unusable=reading.unusable,
        waiting=_encode(reading.entries).decode(),
    )
    plan = await peer_plans.build(tx, site, reading.entries, row, with_losses=False)
    few = len(plan.changing) <= row.most_changes
    if row.applied_at is not None and (not plan.changing or (row.applies_itself and few)):
        await _apply(tx, None, row, plan)
    else:
        await peer_list_queries.update_list(tx, row)


async def build_plan(
    tx: Tx, site: NodeContext, row: PeerListRow, *, with_losses: bool = True
) -> peer_plans.PeerPlan | None:
    """What a list that waits would change, None if nothing waits."""
    if not row.waiting:
        return None
    return await peer_plans.build(tx, site, _decode(row.waiting), row, with_losses=with_losses)


def fingerprint(row: PeerListRow) -> str:
    """Tells what waits apart from what waited when somebody looked."""
    return str(row.fetched_at or 0)


async def confirm(
    tx: Tx, site: NodeContext, member: MemberRow, list_id: int, expected_fingerprint: str, excluded: set[str]
) -> int:
    """Apply what waits, as it was shown (`seen` is its `mark`), but for the peers in `leave`.

    How much was done. Raises NotFound, and Invalid if the list was read anew since.
    """
    row = await get(tx, list_id)
    found = await build_plan(tx, site, row, with_losses=False)
    if found is None or fingerprint(row) != expected_fingerprint:
        raise InvalidError("base", "The list was read anew since. Please look at it again.")
    return await _apply(tx, member, row, found, excluded)


async def _apply(
    tx: Tx,
    member: MemberRow | None,
    row: PeerListRow,
    found: peer_plans.PeerPlan,
    leave: set[str] | frozenset[str] = frozenset(),
) -> int:
    done = await peer_plans.apply(tx, member, found, leave, row)
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
    await peer_list_queries.update_list(tx, structs.replace(row, waiting="", applied_at=tx.now))
    if done:
        role = audit_log.NODE if member is None else audit_log.OPERATOR
        await audit_log.record(
            tx, member, "peer_list.apply", target=row.url, reason=f"{done} changes", role=role
        )
    return done


async def import_file(
    tx: Tx, site: NodeContext, member: MemberRow | None, data: bytes | str, kind: str, excluded: set[str]
) -> int:
    """Follow a file once, but for the peers in `leave`; how much was done. Raises Invalid."""
    found = await peer_plans.build(tx, site, peer_files.parse(data, kind).entries, with_losses=False)
    done = await peer_plans.apply(tx, member, found, excluded)
    if done:
        await audit_log.record(
            tx, member, "peer_list.import", target=site.links.domain, reason=f"{done} changes"
        )
    return done
