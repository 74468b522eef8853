"""Offer (ActivityStreams 2.0 Vocabulary §3.1) of a partnership, by the own actor of another node to ours."""

from __future__ import annotations

from activitypub.partnerships import read_partnership
from fedserver.domain.peers import partners
from fedserver.federation.inbound.item import Dropped, Item
from storage.engine import Tx


async def handle(tx: Tx, item: Item) -> None:
    """That the actor is its node's own was checked before."""
    found = read_partnership(item.activity)
    if found.object != item.site.links.instance_actor:
        raise Dropped("offered to somebody else")
    if not item.activity.id:
        raise Dropped("an Offer needs an id to be answered")
    if not await partners.receive_offer(
        tx, item.site, item.actor, item.activity.id, found.scopes, found.message
    ):
        raise Dropped("offers nothing new")
