"""From a job to deliveries: rendered and hashed once, one row for each inbox."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from activitypub.authority import host_of
from activitypub.errors import AuthorityError
from activitypub.signatures.digest import sha256
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import peers, relays
from fedserver.federation.keys import Keyring
from fedserver.federation.outbound.registry import RENDERERS
from fedserver.federation.signing import add_proof
from storage.engine import Tx
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.peers import peers as peer_queries
from storage.queries.posts import polls as poll_queries
from storage.rows.kernel import DocumentRow

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
    targets = list(dict.fromkeys(_list_targets(site, policies, outbound.inboxes)))
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
    retry_times = await peer_queries.load_retry_times(tx, list({host for host, _ in targets}))
    return await delivery_queries.insert(tx, row, targets, retry_times, subject=outbound.subject)


def _list_targets(
    site: NodeContext, policies: peers.PeerPolicies, inboxes: Iterable[str]
) -> list[tuple[str, str]]:
    """Return host and inbox of those that federation policy allows and that are not our own."""
    targets = []
    for inbox in inboxes:
        try:
            host = host_of(inbox)
        except AuthorityError:
            continue
        if policies.allows(host) and not site.links.is_local(inbox):
            targets.append((host, inbox))
    return targets
