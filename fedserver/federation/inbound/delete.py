"""Delete (ActivityPub §7.4): of a post, of the actor itself, or of a quote authorization (FEP-044f).

Some servers delete an activity where others undo it: for a Like, Announce, Follow or Block that is the same.
"""

from __future__ import annotations

from activitypub.authority import same_origin
from fedserver.domain.accounts import account_removal
from fedserver.domain.posts import post_removal, quote_requests
from fedserver.federation.inbound import undo
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.resolve import Resolver
from storage.engine import Tx


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity as it is. Raises IgnoredError if its object is of another origin."""
    if not same_origin(inbound.activity.object_id or "", inbound.actor.uri):
        raise IgnoredError("its object is of another origin")
    return inbound


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Delete the actor, its post, authorization or activity; a post that is not known yet is kept out."""
    uri = inbound.activity.object_id
    if uri is None:
        raise IgnoredError("it has no object")
    if uri == inbound.actor.uri:
        await account_removal.delete_remote(tx, inbound.actor)
        return
    if await post_removal.receive(tx, inbound.actor, uri):
        return
    if await quote_requests.receive_revocation(tx, inbound.actor, uri):
        return
    if await undo.undo(tx, inbound):
        return
    # The tombstone keeps out only posts of this actor, so nobody can keep out those of others with it.
    await post_removal.record_early_delete(tx, inbound.actor, uri)
