"""Offer (ActivityStreams 2.0 Vocabulary §3.1) of a partnership, by the own actor of another node to ours."""

from __future__ import annotations

from activitypub.partnerships import read_partnership
from fedserver.domain.peers import partners
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    """That the actor is its node's own was checked before."""
    found = read_partnership(inbound.activity)
    if found.object != inbound.site.links.instance_actor:
        raise IgnoredError("offered to somebody else")
    if not inbound.activity.id:
        raise IgnoredError("an Offer needs an id to be answered")
    if not await partners.receive_offer(
        tx, inbound.site, inbound.actor, inbound.activity.id, found.scopes, found.message
    ):
        raise IgnoredError("offers nothing new")
