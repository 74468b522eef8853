"""Update (ActivityPub §7.3): of a post by its author, or of the actor itself."""

from __future__ import annotations

from fedserver.domain.posts import remote_posts
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    if inbound.remote_post is None:
        # An Update of the actor was read anew from its own address before.
        return
    if inbound.remote_post.author_uri != inbound.actor.uri:
        raise IgnoredError("the post is somebody else's")
    await remote_posts.receive_edit(tx, inbound.actor, inbound.remote_post)
