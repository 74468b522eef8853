"""Update (ActivityPub §7.3): of a post by its author, or of the actor itself.

Which version of a post is newer, its `updated` tells. Some servers leave it out, or name the same second
twice: then a version that says something else counts, if it was not sent before the one that is stored.
"""

from __future__ import annotations

from msgspec import structs

from activitypub.errors import ActivityPubError
from activitypub.objects import has_same_content, read_object
from fedserver.domain.posts import pins, remote_posts
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.embedded import prepare_post
from fedserver.federation.resolve import Resolver
from storage.engine import Tx


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity with its post; an actor is fetched and stored at once. Raises IgnoredError."""
    if inbound.activity.object_id == inbound.actor.uri:
        if await resolver.fetch_actor(inbound.actor.uri) is None:
            raise IgnoredError("the actor cannot be read from its origin")
        return inbound
    prepared = await prepare_post(resolver, inbound)
    return structs.replace(prepared, is_revised=await _is_revised(resolver, inbound))


async def _is_revised(resolver: Resolver, inbound: InboundActivity) -> bool:
    """Return True if the embedded post says something else than the stored version.

    Where that has an `updated`, one without it is older.
    """
    original = await resolver.find_original(inbound.activity.object_id or "")
    if original is None or inbound.activity.object is None:
        return False
    try:
        stored, sent = read_object(original), read_object(inbound.activity.object)
    except ActivityPubError:
        return False
    is_older = stored.updated is not None and sent.updated is None
    return not is_older and not has_same_content(stored, sent)


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Store the new version of a post. Raises IgnoredError if it is another actor's."""
    if inbound.remote_post is None:
        # Of the actor itself: `prepare` has stored it. Its collections have no Update of their own.
        await pins.enqueue_refresh_after_update(tx, inbound.actor)
        return
    if inbound.remote_post.author_uri != inbound.actor.uri:
        raise IgnoredError("the post belongs to another actor")
    activity = inbound.activity
    sent_at = max(activity.updated or 0, activity.published or 0) or inbound.received_at
    update = remote_posts.RemoteUpdate(min(sent_at, inbound.received_at), inbound.is_revised)
    await remote_posts.receive_edit(tx, inbound.actor, inbound.remote_post, update)
