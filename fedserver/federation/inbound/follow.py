"""Follow (ActivityPub §7.5) of a member, or of the node's own actor by a relay."""

from __future__ import annotations

from fedserver.domain.peers import relays
from fedserver.domain.relationships import follows
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity, get_member
from fedserver.federation.resolve import Resolver
from storage.engine import Tx


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity as it is: nothing is fetched."""
    return inbound


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Store a follow, or a request where the member approves them. Raises IgnoredError."""
    target = await get_member(tx, inbound.site, inbound.activity.object_id)
    if not inbound.activity.id:
        raise IgnoredError("a Follow needs an id to be answered")
    if await relays.receive_follow(tx, inbound.actor, target, inbound.activity.id):
        return
    await follows.receive(tx, inbound.actor, target, inbound.activity.id)
