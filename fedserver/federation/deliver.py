"""From a task to deliveries: rendered and hashed once, one row for each inbox."""

from __future__ import annotations

import msgspec

from activitypub.authority import host_of
from activitypub.errors import ActivityPubError, AuthorityError
from activitypub.signatures import proofs
from activitypub.signatures.digest import sha256
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import peers
from fedserver.federation.keys import Keyring
from fedserver.federation.outbound import activities, partners, relays
from fedserver.federation.outbound.activities import OutboundActivity
from storage.engine import Tx
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.kernel import DocumentRow

encode = msgspec.json.Encoder().encode
RENDERERS = {**activities.RENDERERS, **partners.RENDERERS, **relays.RENDERERS}


def is_outgoing(job: jobs.Job) -> bool:
    """True if a task tells peers something."""
    return type(job) in RENDERERS


async def fan_out(
    tx: Tx, site: NodeContext, keyring: Keyring, policies: peers.PeerPolicies, job: jobs.Job
) -> int:
    """Write the deliveries that a task owes; how many."""
    found = await RENDERERS[type(job)](tx, site, job)
    if found is None:
        return 0
    targets = list(dict.fromkeys(_list_targets(site, policies, found)))
    if not targets:
        return 0
    document = await _add_proof(tx, keyring, found)
    body = encode(document)
    uri, digest = str(document["id"]), sha256(body)
    row = DocumentRow(tx.new_id(), uri, found.sender.id, body, digest, tx.now, found.synchronizes)
    held = await peer_queries.load_retry_times(tx, list({host for host, _ in targets}))
    return await delivery_queries.insert(tx, row, targets, held)


def _list_targets(
    site: NodeContext, policies: peers.PeerPolicies, found: OutboundActivity
) -> list[tuple[str, str]]:
    targets = []
    for inbox in found.inboxes:
        try:
            host = host_of(inbox)
        except AuthorityError:
            continue
        if policies.allows(host) and not site.links.is_local(inbox):
            targets.append((host, inbox))
    return targets


async def _add_proof(tx: Tx, keyring: Keyring, found: OutboundActivity) -> dict[str, object]:
    """The document with an integrity proof by its sender (FEP-8b32), if it has a key for it."""
    try:
        uri, key = await keyring.get_ed25519(tx, found.sender.id)
        return proofs.sign(found.document, key, uri, tx.now)
    except (LookupError, ActivityPubError):
        return found.document
