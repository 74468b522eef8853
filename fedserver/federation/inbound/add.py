"""Add and Remove: of posts and hashtags in the actor's own `featured` collection, as Mastodon sends them."""

from __future__ import annotations

from activitypub.document import type_of
from fedserver.domain.accounts import featured_tags
from fedserver.domain.posts import pins
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx


async def add(tx: Tx, inbound: InboundActivity) -> None:
    await _update_featured(tx, inbound, added=True)


async def remove(tx: Tx, inbound: InboundActivity) -> None:
    await _update_featured(tx, inbound, added=False)


async def _update_featured(tx: Tx, item: InboundActivity, *, added: bool) -> None:
    document = item.activity.object
    if document is not None and type_of(document) == "Hashtag":
        name = str(document.get("name", ""))[:200]
        changed = await featured_tags.receive(tx, item.actor, name, added=added)
    elif item.post is not None:
        changed = await pins.receive(tx, item.actor, item.post, added=added)
    else:
        raise IgnoredError("the post is not here and cannot be read")
    if not changed:
        raise IgnoredError("it is not the actor's own, or as it was")
