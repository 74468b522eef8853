"""Update (ActivityPub §7.3): of a post by its author, or of the actor itself."""

from __future__ import annotations

from fedserver.domain.posts import pins, remote_posts
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.embedded import prepare_post
from fedserver.federation.resolve import Resolver
from storage.engine import Tx


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity with its post; an actor is fetched and stored at once. Raises IgnoredError."""
    if inbound.activity.object_id == inbound.actor.uri:
        await resolver.fetch_actor(inbound.actor.uri)
        return inbound
    return await prepare_post(resolver, inbound)


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Store the new version of a post. Raises IgnoredError if it is another actor's."""
    if inbound.remote_post is None:
        # Of the actor itself: `prepare` has stored it. Its collections have no Update of their own.
        await pins.enqueue_refresh_after_update(tx, inbound.actor)
        return
    if inbound.remote_post.author_uri != inbound.actor.uri:
        raise IgnoredError("the post belongs to another actor")
    await remote_posts.receive_edit(tx, inbound.actor, inbound.remote_post)
