"""Block (ActivityPub §6.9): stored, so that neither side reaches the other; the member is not notified."""

from __future__ import annotations

from fedserver.domain.relationships import blocks
from fedserver.federation.inbound.activity import InboundActivity, get_member
from fedserver.federation.resolve import Resolver
from storage.engine import Tx


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity as it is: nothing is fetched."""
    return inbound


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Store that the actor blocks a member. Raises IgnoredError if the object is not a member."""
    target = await get_member(tx, inbound.site, inbound.activity.object_id)
    uri = inbound.activity.id or blocks.build_uri(inbound.actor, target)
    await blocks.receive(tx, inbound.actor, target, uri)
