"""Announcements and forwarded activities of relays (FEP-ae0c): only a hint, the origin is asked."""

from __future__ import annotations

from typing import NoReturn

from activitypub.document import type_of
from activitypub.terms import POSTS
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.embedded import parse_activity
from fedserver.federation.resolve import Resolver


async def process(resolver: Resolver, inbound: InboundActivity) -> NoReturn:
    """Read what a relay points at from its origin. Always raises IgnoredError: nothing is left to apply."""
    activity = inbound.activity
    if not await resolver.is_relay(inbound.actor):
        raise IgnoredError("the signer is neither the actor nor a relay")
    inner = parse_activity(activity.object) if activity.kind == "Announce" else activity
    wraps = inner is not None and not type_of(activity.object or {}, POSTS)
    uri = (inner.object_id if wraps and inner is not None else activity.object_id) or ""
    post = await resolver.find_post(uri)
    if post is not None and activity.kind in ("Update", "Delete"):
        await resolver.refetch_post(post.id, is_deleted=activity.kind == "Delete")
    elif post is None and activity.kind in ("Announce", "Create", "Update"):
        await resolver.resolve_post(uri)
    raise IgnoredError("the object was read from its origin")
