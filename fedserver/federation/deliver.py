"""From a task to deliveries: rendered and hashed once, one row for each inbox."""

from __future__ import annotations

import msgspec

from activitypub.authority import host_of
from activitypub.errors import ActivityPubError, AuthorityError
from activitypub.signatures import proofs
from activitypub.signatures.digest import sha256
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import Site
from fedserver.domain.peers import peers
from fedserver.federation.keys import Keyring
from fedserver.federation.outbound import activities, partners, relays
from fedserver.federation.outbound.activities import Outgoing
from storage.engine import Tx
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.kernel import DocumentRow

encode = msgspec.json.Encoder().encode
RENDER = {**activities.RENDER, **partners.RENDER, **relays.RENDER}


def is_outgoing(task: jobs.Task) -> bool:
    """True if a task tells peers something."""
    return type(task) in RENDER


async def fan_out(tx: Tx, site: Site, keyring: Keyring, policies: peers.Policies, task: jobs.Task) -> int:
    """Write the deliveries that a task owes; how many."""
    found = await RENDER[type(task)](tx, site, task)
    if found is None:
        return 0
    targets = list(dict.fromkeys(_targets(site, policies, found)))
    if not targets:
        return 0
    document = await _proven(tx, keyring, found)
    body = encode(document)
    uri, digest = str(document["id"]), sha256(body)
    row = DocumentRow(tx.new_id(), uri, found.sender.id, body, digest, tx.now, found.synchronizes)
    held = await peer_queries.held(tx, list({host for host, _ in targets}))
    return await delivery_queries.add(tx, row, targets, held)


def _targets(site: Site, policies: peers.Policies, found: Outgoing) -> list[tuple[str, str]]:
    targets = []
    for inbox in found.inboxes:
        try:
            host = host_of(inbox)
        except AuthorityError:
            continue
        if policies.allows(host) and not site.links.is_local(inbox):
            targets.append((host, inbox))
    return targets


async def _proven(tx: Tx, keyring: Keyring, found: Outgoing) -> dict[str, object]:
    """The document with an integrity proof by its sender (FEP-8b32), if it has a key for it."""
    try:
        uri, key = await keyring.ed25519(tx, found.sender.id)
        return proofs.sign(found.document, key, uri, tx.now)
    except (LookupError, ActivityPubError):
        return found.document
