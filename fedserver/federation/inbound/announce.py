"""Announce (ActivityPub §7.11): a boost, if a member follows the booster or the post is known here.

A group announces activities of others instead of posts (FEP-1b12).
"""

from __future__ import annotations

from msgspec import structs

from activitypub.addressing import visibility
from activitypub.document import type_of
from activitypub.terms import POSTS
from fedserver.domain.posts import boosts
from fedserver.federation.inbound import group
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.embedded import parse_activity
from fedserver.federation.resolve import Resolver
from storage.engine import Tx
from storage.rows.posts import PostRow


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the boost with its post, or what a group announced as an activity of its own actor."""
    activity = inbound.activity
    inner = parse_activity(activity.object)
    if inner is not None and not type_of(activity.object or {}, POSTS):
        return await group.prepare(resolver, inbound, inner)
    if not activity.object_id:
        return inbound
    return structs.replace(inbound, post=await _resolve_post(resolver, inbound, activity.object_id))


async def _resolve_post(resolver: Resolver, inbound: InboundActivity, uri: str) -> PostRow | None:
    """Return the boosted post. Raises IgnoredError rather than fetch for an actor that nobody follows."""
    post = await resolver.find_post(uri)
    if post is None and not await resolver.is_followed(inbound.actor):
        raise IgnoredError("the post is not known, and no member follows the booster")
    return post or await resolver.resolve_post(uri)


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Store a boost. Raises IgnoredError for one without a post, an id or readers."""
    if inbound.post is None:
        raise IgnoredError("the boosted post cannot be read")
    if not inbound.activity.id:
        raise IgnoredError("an Announce needs an id to be undone")
    boost_visibility = visibility(inbound.activity.to, inbound.activity.cc, inbound.actor.followers_uri)
    if boost_visibility == "direct":
        raise IgnoredError("a boost that is addressed to nobody")
    # A date in the future would keep the boost at the top of every timeline.
    boosted_at = min(inbound.activity.published or tx.now, tx.now)
    await boosts.receive(tx, inbound.actor, inbound.activity.id, inbound.post, boost_visibility, boosted_at)
