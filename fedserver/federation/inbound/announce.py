"""Announce (ActivityPub §7.11): a boost, if somebody here follows the booster or the post is known here."""

from __future__ import annotations

from activitypub.addressing import visibility
from fedserver.domain.posts import boosts
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    if inbound.post is None:
        raise IgnoredError("of nothing that can be read")
    if not inbound.activity.id:
        raise IgnoredError("an Announce needs an id to be undone")
    shown = visibility(inbound.activity.to, inbound.activity.cc, inbound.actor.followers_uri)
    if shown == "direct":
        raise IgnoredError("shown to nobody")
    at = min(inbound.activity.published or tx.now, tx.now)
    await boosts.receive(tx, inbound.actor, inbound.activity.id, inbound.post, shown, at)
