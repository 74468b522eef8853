"""Update (ActivityPub §7.3): of a post by its author, or of the actor itself.

A post that is not stored here is received as if it were created: its Create may be late or lost.

Which version of a post is newer, its `updated` tells. Some servers leave it out, or name the same second
twice: then a version that says something else counts, if it was not sent before the one that is stored.
"""

from __future__ import annotations

from typing import Any

from msgspec import structs

from activitypub.errors import ActivityPubError
from activitypub.objects import has_same_content, read_object
from fedserver.domain.posts import pins, remote_posts
from fedserver.federation.inbound import create
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
    original = await resolver.find_original(inbound.activity.object_id or "")
    if original is None and create.parse_votes(inbound.actor, inbound.activity):
        raise IgnoredError("a vote cannot be changed")
    is_revised = original is not None and _is_revised(original, inbound.activity.object or {})
    return structs.replace(prepared, is_revised=is_revised, is_new=original is None)


def _is_revised(original: dict[str, Any], document: dict[str, Any]) -> bool:
    """Return True if a post says something else than the stored version.

    Where that has an `updated`, one without it is older.
    """
    try:
        stored, sent = read_object(original), read_object(document)
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
    if inbound.is_new:
        await create.receive_post(tx, inbound)
        return
    activity = inbound.activity
    sent_at = max(activity.updated or 0, activity.published or 0) or inbound.received_at
    update = remote_posts.RemoteUpdate(min(sent_at, inbound.received_at), inbound.is_revised)
    await remote_posts.receive_edit(tx, inbound.actor, inbound.remote_post, update)
