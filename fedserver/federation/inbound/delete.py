"""Delete (ActivityPub §7.4): of a post by its author, of the actor by itself, or of a consent that it gave
(FEP-044f)."""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.posts import post_removal, quote_requests
from fedserver.federation.inbound.item import Dropped, Item
from storage.engine import Tx


async def handle(tx: Tx, item: Item) -> None:
    uri = item.activity.object_id
    if uri is None:
        raise Dropped("names nothing")
    if uri == item.actor.uri:
        await accounts.remove_remote(tx, item.actor)
        return
    if await post_removal.receive(tx, item.actor, uri):
        return
    if await quote_requests.receive_revocation(tx, item.actor, uri):
        return
    # A tombstone of the actor keeps out only posts of the actor, so that it need not be known whose it is.
    await post_removal.forestall(tx, item.actor, uri)
