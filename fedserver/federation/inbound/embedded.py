"""Objects that come inside an activity: believed only if they are of the actor's own origin."""

from __future__ import annotations

import msgspec
from msgspec import structs

from activitypub.activities import Activity, read_activity
from activitypub.authority import same_origin
from activitypub.document import Document, type_of
from activitypub.errors import ActivityPubError
from activitypub.objects import read_object
from activitypub.terms import POSTS
from fedserver.domain.posts import remote_content
from fedserver.federation.convert.posts import to_remote_post
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.resolve import Resolver
from storage.rows.accounts import AccountRow


def parse_activity(document: Document | None) -> Activity | None:
    """Return the activity that an object is. Returns None for anything else."""
    try:
        return read_activity(document) if document is not None else None
    except ActivityPubError:
        return None


def parse_post(resolver: Resolver, actor: AccountRow, document: Document) -> remote_content.RemotePost:
    """Return an embedded post of an actor. Raises ActivityPubError.

    Of several authors (PeerTube names a person and a channel) the actor is the one.
    """
    post = read_object(document)
    if actor.uri in post.attributed_to:
        post = structs.replace(post, attributed_to=(actor.uri, *post.attributed_to))
    return to_remote_post(
        post,
        msgspec.json.encode(document).decode(),
        actor.followers_uri,
        actor.following_uri,
        include_files=resolver.allows_media(actor),
    )


async def prepare_post(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity with its embedded post. Raises IgnoredError if its object is none, or not its own.

    A post that a Create or Update only names, or that is of another origin, is read from that origin instead.
    """
    activity, document = inbound.activity, inbound.activity.object
    # guard: origin of what is embedded @last
    if document is None or not same_origin(activity.object_id or "", inbound.actor.uri):
        # Only its own origin may say what it is: read it there.
        if activity.kind == "Create" and activity.object_id:
            await resolver.resolve_post(activity.object_id)
        elif activity.kind == "Update" and same_origin(activity.object_id or "", inbound.actor.uri):
            post = await resolver.find_post(activity.object_id or "")
            if post is None:
                await resolver.resolve_post(activity.object_id or "")
            elif post.account_id == inbound.actor.id:
                await resolver.refetch_post(post.id)
        raise IgnoredError("the object was read from its origin")
    if not type_of(document, POSTS):
        raise IgnoredError(f"objects of type {type_of(document)} are not supported")
    return structs.replace(inbound, remote_post=parse_post(resolver, inbound.actor, document))
