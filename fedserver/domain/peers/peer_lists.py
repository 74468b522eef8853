"""Subscriptions to lists of peers on the web: fetched once a day, reviewed before they are first applied.

Decisions remember the list they come from. When a list drops a domain, its decision is revoked here too,
unless it was changed by hand. A list may be applied automatically up to a number of changes; beyond that,
it waits for an admin.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_line
from fedserver.domain.peers import peer_files, peer_plans
from fedserver.domain.peers.peer_files import PeerEntry
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.peers import peer_lists as peer_list_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.auth import MemberRow
from storage.rows.peers import PeerListEntryRow, PeerListRow

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
KINDS = (peer_files.BLOCK, peer_files.ALLOW)
# Each list is fetched daily and compared with all decisions.
MAX_LISTS, MAX_CHANGES = 20, 1_000
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[PeerEntry, ...]).decode


class PeerListRequest(Struct, frozen=True):
    """A list to subscribe to; `max_changes` is how many changes may be applied automatically."""

    url: str
    title: str = ""
    kind: str = peer_files.BLOCK
    applies_itself: bool = False
    max_changes: int = 10


async def list_all(tx: ReadTx) -> list[PeerListRow]:
    """Return all subscriptions, oldest first."""
    return await peer_list_queries.list_all(tx)


async def get(tx: ReadTx, list_id: int) -> PeerListRow:
    """Return a subscription. Raises NotFoundError."""
    row = await peer_list_queries.find(tx, list_id)
    if row is None:
        raise NotFoundError
    return row


async def find(tx: ReadTx, list_id: int) -> PeerListRow | None:
    """Return a subscription, or None."""
    return await peer_list_queries.find(tx, list_id)


async def count_decisions(tx: ReadTx, row: PeerListRow) -> int:
    """Return how many decisions of this node come from a list."""
    return len(await peer_queries.list_domains_by_list(tx, row.id))


async def count_pending(tx: ReadTx) -> int:
    """Return how many lists wait for an admin."""
    return sum(bool(row.waiting) for row in await list_all(tx))


async def subscribe(tx: Tx, site: NodeContext, member: MemberRow, request: PeerListRequest) -> PeerListRow:
    """Subscribe to a list; it is fetched at once, and nothing is applied yet.

    Raises InvalidError; ForbiddenError if there are too many lists.
    """
    url = _check_url(site, request.url)
    if request.kind not in KINDS:
        raise InvalidError(
            "kind", "must be block or allow", message=gettext("Please choose what the list is for.")
        )
    if len(await list_all(tx)) >= MAX_LISTS:
        raise ForbiddenError(
            gettext("You can subscribe to %(max)s lists. Please remove one first.", max=MAX_LISTS)
        )
    row = PeerListRow(
        id=tx.new_id(),
        url=url,
        title=clean_line("title", request.title, 100) or url,
        kind=request.kind,
        applies_itself=request.applies_itself,
        most_changes=_check_max_changes(request.max_changes),
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
        raise InvalidError(
            "url", "is followed already", message=gettext("You are already subscribed to this list.")
        )
    await _enqueue_fetch(tx, row)
    return row


def _check_url(site: NodeContext, url: str) -> str:
    """Return the address of a list without spaces around it. Raises InvalidError."""
    url = url.strip()
    if not url.startswith(("https://", "http://")) or len(url) > 2_000 or not url.isprintable() or " " in url:
        raise InvalidError(
            "url",
            "is not the address of a list",
            message=gettext("Please enter the full address of a list, beginning with https://."),
        )
    if site.links.is_local(url):
        raise InvalidError("url", "is of this node", message=gettext("This address is on this server."))
    return url


def _check_max_changes(max_changes: int) -> int:
    if not 0 < max_changes <= MAX_CHANGES:
        raise InvalidError(
            "max_changes",
            f"must be from 1 to {MAX_CHANGES}",
            message=gettext("Please enter a number of changes from 1 to %(max)s.", max=MAX_CHANGES),
        )
    return max_changes


async def update_settings(
    tx: Tx, member: MemberRow, list_id: int, *, applies_itself: bool, max_changes: int
) -> None:
    """Set whether a list is applied automatically, and up to how many changes.

    Raises NotFoundError, InvalidError.
    """
    row = await get(tx, list_id)
    new = structs.replace(row, applies_itself=applies_itself, most_changes=_check_max_changes(max_changes))
    mode = f"by itself, up to {new.most_changes} changes" if applies_itself else "after a look"
    await audit_log.record(tx, member, "peer_list.change", target=row.url, reason=mode)
    await peer_list_queries.update_list(tx, new)


async def unsubscribe(tx: Tx, member: MemberRow, list_id: int, *, keep_decisions: bool) -> None:
    """End a subscription; its decisions are revoked, or (`keep_decisions`) stay as if made by hand."""
    row = await get(tx, list_id)
    await audit_log.record(tx, member, "peer_list.unsubscribe", target=row.url, reason=row.title)
    domains = await peer_queries.list_domains_by_list(tx, list_id)
    if not keep_decisions:
        await peer_plans.revoke(tx, member, row, domains)
    await peer_list_queries.detach_decisions(tx, list_id, domains)
    await peer_list_queries.delete_by_id(tx, list_id)


async def fetch_now(tx: Tx, list_id: int) -> None:
    """Enqueue the fetch of a list before it is due. Raises NotFoundError."""
    await _enqueue_fetch(tx, await get(tx, list_id))


async def enqueue_due(tx: Tx) -> None:
    """Enqueue the fetch of every list that is due."""
    for row in await peer_list_queries.list_due(tx):
        await _enqueue_fetch(tx, row)


async def _enqueue_fetch(tx: Tx, row: PeerListRow) -> None:
    await jobs.enqueue(tx, jobs.FetchPeerList(row.id), dedupe=f"peer_list:{row.id}")


async def record_failure(tx: Tx, list_id: int, error: str) -> None:
    """Store why a list could not be read; decisions stay, and it is fetched again in an hour."""
    row = await peer_list_queries.find(tx, list_id)
    if row is not None:
        await peer_list_queries.update_list(
            tx, structs.replace(row, error=error[:500], fetch_at=tx.now + HOUR_MS)
        )


async def record_unchanged(tx: Tx, list_id: int) -> None:
    """Store that a list has not changed since it was last fetched."""
    row = await peer_list_queries.find(tx, list_id)
    if row is not None:
        await peer_list_queries.update_list(
            tx, structs.replace(row, error="", fetched_at=tx.now, fetch_at=tx.now + DAY_MS)
        )


async def receive(tx: Tx, site: NodeContext, list_id: int, data: bytes, etag: str) -> None:
    """Store a fetched list: apply it if that may happen automatically, otherwise keep it for an admin."""
    row = await peer_list_queries.find(tx, list_id)
    if row is None:
        return
    try:
        parsed = peer_files.parse(data, row.kind)
    except InvalidError as error:
        await record_failure(tx, list_id, error.detail)
        return
    row = structs.replace(
        row,
        etag=etag[:500],
        error="",
        fetched_at=tx.now,
        fetch_at=tx.now + DAY_MS,
        unusable=parsed.unusable,
        waiting=_encode(parsed.entries).decode(),
    )
    plan = await peer_plans.build(tx, site, parsed.entries, row, with_losses=False)
    is_small = len(plan.changing) <= row.most_changes
    # An admin has to see a list once before anything of it is applied.
    if row.applied_at is not None and (not plan.changing or (row.applies_itself and is_small)):
        await _apply(tx, None, row, plan)
    else:
        await peer_list_queries.update_list(tx, row)


async def build_plan(
    tx: ReadTx, site: NodeContext, row: PeerListRow, *, with_losses: bool = True
) -> peer_plans.PeerPlan | None:
    """Return what the fetched list would change; None if nothing waits for an admin."""
    if not row.waiting:
        return None
    return await peer_plans.build(tx, site, _decode(row.waiting), row, with_losses=with_losses)


def fingerprint(row: PeerListRow) -> str:
    """Return a value that differs once the list was fetched again, for the form that confirms it."""
    return str(row.fetched_at or 0)


async def confirm(
    tx: Tx, site: NodeContext, member: MemberRow, list_id: int, expected_fingerprint: str, excluded: set[str]
) -> int:
    """Apply the fetched list as it was shown, except for the `excluded` domains; return how many changes.

    Raises NotFoundError; InvalidError if the list was fetched again after it was shown.
    """
    row = await get(tx, list_id)
    plan = await build_plan(tx, site, row, with_losses=False)
    if plan is None or fingerprint(row) != expected_fingerprint:
        raise InvalidError(
            "base", gettext("The list has changed in the meantime. Please review the changes again.")
        )
    return await _apply(tx, member, row, plan, excluded)


async def _apply(
    tx: Tx,
    member: MemberRow | None,
    row: PeerListRow,
    plan: peer_plans.PeerPlan,
    excluded: set[str] | frozenset[str] = frozenset(),
) -> int:
    done = await peer_plans.apply(tx, member, plan, excluded, row)
    await peer_list_queries.replace_entries(
        tx,
        row.id,
        [
            PeerListEntryRow(
                row.id,
                change.domain,
                change.entry.policy,
                change.entry.rejects_media,
                change.entry.rejects_reports,
                change.entry.public_comment,
                change.entry.obfuscates,
                change.kind == peer_plans.LEFT
                or (change.domain in excluded and change.kind in peer_plans.CHANGING),
            )
            for change in plan.changes
            if change.entry is not None
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
    """Apply a file once, except for the `excluded` domains; return how many changes. Raises InvalidError."""
    plan = await peer_plans.build(tx, site, peer_files.parse(data, kind).entries, with_losses=False)
    done = await peer_plans.apply(tx, member, plan, excluded)
    if done:
        await audit_log.record(
            tx, member, "peer_list.import", target=site.links.domain, reason=f"{done} changes"
        )
    return done
