"""Add and Remove: of posts and hashtags in the actor's own `featured` collection, as Mastodon sends them."""

from __future__ import annotations

from msgspec import structs

from activitypub.authority import same_origin
from activitypub.document import type_of
from fedserver.domain.accounts import featured_tags
from fedserver.domain.posts import pins
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.resolve import Resolver
from storage.engine import Tx

MAX_TAG_NAME = 200  # characters; hashtags that members see are far shorter


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity with the post that is pinned or unpinned.

    A post that is pinned is fetched, one that is unpinned is only looked up. Raises IgnoredError if the
    target is not the actor's own collection.
    """
    activity, uri = inbound.activity, inbound.activity.object_id
    if not inbound.actor.featured_uri or activity.target != inbound.actor.featured_uri:
        raise IgnoredError("its target is not the featured collection of the actor")
    if uri is None or not same_origin(uri, inbound.actor.uri):
        return inbound
    find = resolver.resolve_post if activity.kind == "Add" else resolver.find_post
    return structs.replace(inbound, post=await find(uri))


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Pin or unpin a post, or feature a hashtag. Raises IgnoredError if that changes nothing."""
    added, document = inbound.activity.kind == "Add", inbound.activity.object
    if document is not None and type_of(document) == "Hashtag":
        name = str(document.get("name", ""))[:MAX_TAG_NAME]
        changed = await featured_tags.receive(tx, inbound.actor, name, added=added)
    elif inbound.post is not None:
        changed = await pins.receive(tx, inbound.actor, inbound.post, added=added)
    else:
        raise IgnoredError("the post is not known and cannot be read")
    if not changed:
        raise IgnoredError("the post is not the actor's own, or nothing changes")
