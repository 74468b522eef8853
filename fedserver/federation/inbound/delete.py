"""Delete (ActivityPub §7.4): of a post by its author, of the actor by itself, or of a consent that it gave
(FEP-044f)."""

from __future__ import annotations

from fedserver.domain.accounts import account_removal
from fedserver.domain.posts import post_removal, quote_requests
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    uri = inbound.activity.object_id
    if uri is None:
        raise IgnoredError("names nothing")
    if uri == inbound.actor.uri:
        await account_removal.delete_remote(tx, inbound.actor)
        return
    if await post_removal.receive(tx, inbound.actor, uri):
        return
    if await quote_requests.receive_revocation(tx, inbound.actor, uri):
        return
    # A tombstone of the actor keeps out only posts of the actor, so that it need not be known whose it is.
    await post_removal.record_early_delete(tx, inbound.actor, uri)
