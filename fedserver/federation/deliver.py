"""From a task to deliveries: rendered and hashed once, one row for each inbox."""

from __future__ import annotations

import msgspec

from activitypub import ActivityPubError, AuthorityError, host_of, proofs, sha256
from fedserver import domain
from fedserver.federation.keys import Keyring
from fedserver.federation.outgoing import partners, relays, tasks
from fedserver.federation.outgoing.tasks import Outgoing
from storage import DocumentRow, Tx, queries

encode = msgspec.json.Encoder().encode
RENDER = {**tasks.RENDER, **partners.RENDER, **relays.RENDER}


def is_outgoing(task: domain.tasks.Task) -> bool:
    """True if a task tells peers something."""
    return type(task) in RENDER


async def fan_out(
    tx: Tx, site: domain.Site, keyring: Keyring, policies: domain.peers.Policies, task: domain.tasks.Task
) -> int:
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
    return await queries.deliveries.add(tx, row, targets)


def _targets(site: domain.Site, policies: domain.peers.Policies, found: Outgoing) -> list[tuple[str, str]]:
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
