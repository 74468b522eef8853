"""Update (ActivityPub §7.3): of a post by its author, or of the actor itself."""

from __future__ import annotations

from fedserver.domain.posts import remote_posts
from fedserver.federation.inbound.item import Dropped, Item
from storage.engine import Tx


async def handle(tx: Tx, item: Item) -> None:
    if item.remote is None:
        # An Update of the actor was read anew from its own address before.
        return
    if item.remote.author_uri != item.actor.uri:
        raise Dropped("the post is somebody else's")
    await remote_posts.receive_edit(tx, item.actor, item.remote)
