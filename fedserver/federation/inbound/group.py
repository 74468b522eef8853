"""Activities of others that a group announces (FEP-1b12): only a hint, each origin is asked."""

from __future__ import annotations

from msgspec import structs

from activitypub.activities import Activity
from activitypub.authority import same_origin
from fedserver.federation.inbound import like
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.embedded import parse_activity
from fedserver.federation.resolve import Resolver

SUPPORTED_TYPES = ("Create", "Update", "Delete", "Undo", *like.LIKE_TYPES)


async def prepare(resolver: Resolver, inbound: InboundActivity, inner: Activity) -> InboundActivity:
    """Return the boost of a new post, or a like as its own actor's; others are read from their origin.

    Raises IgnoredError, also where reading the object from its origin was all there is to do.
    """
    if inbound.actor.kind != "Group" or not await resolver.is_followed(inbound.actor):
        raise IgnoredError("the actor is not a group that a member follows")
    if inner.kind not in SUPPORTED_TYPES:
        raise IgnoredError(f"{inner.kind} is not supported in an Announce")
    if inner.kind in like.LIKE_TYPES:
        return await _prepare_like(resolver, inbound, inner)
    if inner.kind == "Undo":
        return await _prepare_restored_post(resolver, inbound, inner)
    uri = inner.object_id or ""
    known_post = await resolver.find_post(uri)
    if inner.kind == "Create" or (inner.kind == "Update" and known_post is None):
        return _boost(structs.replace(inbound, post=known_post or await resolver.resolve_post(uri)))
    if known_post is not None:
        await resolver.refetch_post(known_post.id, is_deleted=inner.kind == "Delete")
    raise IgnoredError("the object was read from its origin")


def _boost(inbound: InboundActivity) -> InboundActivity:
    """Return the boost of a post that begins a thread. Raises IgnoredError for a reply."""
    if inbound.post is not None and inbound.post.in_reply_to_uri is not None:
        raise IgnoredError("a reply is shown in its thread only")
    return inbound


async def _prepare_restored_post(
    resolver: Resolver, inbound: InboundActivity, undo: Activity
) -> InboundActivity:
    """Return the boost of a post whose Delete is undone, as Lemmy restores posts. Raises IgnoredError."""
    deletion = parse_activity(undo.object)
    if deletion is None or deletion.kind != "Delete":
        raise IgnoredError("an Undo in an Announce is supported for a Delete only")
    return _boost(structs.replace(inbound, post=await resolver.restore_post(deletion.object_id or "")))


async def _prepare_like(resolver: Resolver, inbound: InboundActivity, inner: Activity) -> InboundActivity:
    """Return a like as it is published by the actor that likes. Raises IgnoredError."""
    document = None
    if inner.id and await resolver.find_post(inner.object_id or "") is not None:
        document = await resolver.find_document(inner.id)
    activity = parse_activity(document)
    if (
        activity is None
        or activity.kind not in like.LIKE_TYPES
        or not same_origin(activity.id, activity.actor)
    ):
        raise IgnoredError("its origin does not publish the like")
    actor = await resolver.resolve_actor(activity.actor)
    if actor is None or actor.uri != activity.actor or actor.suspended_at is not None:
        raise IgnoredError("the actor that likes is not known")
    return await like.prepare(resolver, structs.replace(inbound, activity=activity, actor=actor))
