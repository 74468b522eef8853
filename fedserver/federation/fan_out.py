"""From a job to deliveries: rendered and hashed once, one row for each inbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from activitypub.activities import SUPERSEDING_TYPES, deletes_actor, supersedes
from activitypub.authority import host_of
from activitypub.errors import AuthorityError
from activitypub.signatures.digest import sha256
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import peers, relays
from fedserver.federation.keys import Keyring
from fedserver.federation.outbound.registry import RENDERERS
from fedserver.federation.signing import add_proof
from storage.engine import ReadTx, Tx
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.posts import polls as poll_queries
from storage.rows.kernel import DeliveryRow, DocumentRow

_decode = msgspec.json.Decoder(dict[str, Any]).decode
encode = msgspec.json.Encoder().encode


def is_outgoing(job: jobs.Job) -> bool:
    """Return True if a job sends something to peers."""
    return type(job) in RENDERERS


async def fan_out(
    tx: Tx, site: NodeContext, keyring: Keyring, policies: peers.PeerPolicies, job: jobs.Job
) -> int:
    """Write the deliveries of a job. Returns how many."""
    if isinstance(job, jobs.UpdatePoll) and await poll_queries.lock(tx, job.post_id) is None:
        # Votes that arrive from now on wait for this transaction, and enqueue the next update.
        return 0
    outbound = await RENDERERS[type(job)](tx, site, job)
    if outbound is None:
        return 0
    if isinstance(job, jobs.CreatePost):
        await relays.enqueue_boost(tx, job.post_id)
    is_ours = outbound.sender.uri == site.links.instance_actor
    targets = list(dict.fromkeys(_list_targets(site, policies, outbound.inboxes, is_ours)))
    if not targets:
        return 0
    document = await add_proof(tx, keyring, outbound.sender.id, outbound.document)
    body = encode(document)
    row = DocumentRow(
        tx.new_id(),
        str(document["id"]),
        outbound.sender.id,
        body,
        sha256(body),
        tx.now,
        outbound.synchronizes,
    )
    if document["type"] in SUPERSEDING_TYPES:
        await _withdraw_earlier(tx, document, row, outbound.subject, [inbox for _, inbox in targets])
    retry_times = await peers.load_retry_times(tx, {host for host, _ in targets})
    return await delivery_queries.insert(tx, row, targets, retry_times, subject=outbound.subject)


async def _withdraw_earlier(
    tx: Tx, document: dict[str, Any], row: DocumentRow, subject: str, inboxes: Sequence[str]
) -> None:
    """Delete what waits for inboxes and is superseded by a new document.

    What failed may have arrived all the same, as the answer may be lost: so a Delete or an Undo is always
    sent, but does not wait for what it takes back.
    """
    every_subject = deletes_actor(document)
    waiting = await delivery_queries.list_waiting_documents(tx, row, subject, every_subject=every_subject)
    ids = [earlier.id for earlier in waiting if supersedes(document, _decode(earlier.body))]
    if ids:
        await delivery_queries.withdraw(tx, ids, inboxes)


async def is_overtaken(tx: ReadTx, row: DeliveryRow, document: DocumentRow) -> bool:
    """Return True for a failed delivery that need not be tried again: a later one supersedes it.

    It was being delivered when that was enqueued, so it was not withdrawn then.
    """
    older = _decode(document.body)
    later = await delivery_queries.list_later_documents(tx, row, [row.subject, str(older.get("actor", ""))])
    return any(supersedes(_decode(newer.body), older) for newer in later)


def may_deliver(policies: peers.PeerPolicies, host: str, is_ours: bool) -> bool:
    """Return True if an activity may be sent to a host; `is_ours` if the node itself is its actor.

    The node makes offers to those that are no partners yet.
    """
    return policies.allows(host) if is_ours else policies.shares_with(host)


def is_by_node(site: NodeContext, document: DocumentRow) -> bool:
    """Return True if the actor of an activity to be sent is the node itself."""
    return _decode(document.body).get("actor") == site.links.instance_actor


def _list_targets(
    site: NodeContext, policies: peers.PeerPolicies, inboxes: Iterable[str], is_ours: bool
) -> list[tuple[str, str]]:
    """Return host and inbox of those that federation policy allows and that are not our own."""
    targets = []
    for inbox in inboxes:
        try:
            host = host_of(inbox)
        except AuthorityError:
            continue
        if may_deliver(policies, host, is_ours) and not site.links.is_local(inbox):
            targets.append((host, inbox))
    return targets
