"""Announce (ActivityPub §7.11): a boost, if somebody here follows the booster or the post is known here."""

from __future__ import annotations

from activitypub.addressing import visibility
from fedserver.domain.posts import boosts
from fedserver.federation.inbound.item import Dropped, Item
from storage.engine import Tx


async def handle(tx: Tx, item: Item) -> None:
    if item.post is None:
        raise Dropped("of nothing that can be read")
    if not item.activity.id:
        raise Dropped("an Announce needs an id to be undone")
    shown = visibility(item.activity.to, item.activity.cc, item.actor.followers_uri)
    if shown == "direct":
        raise Dropped("shown to nobody")
    at = min(item.activity.published or tx.now, tx.now)
    await boosts.receive(tx, item.actor, item.activity.id, item.post, shown, at)
