"""Which verb is handled where, and what it needs from the network before its transaction begins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from msgspec import structs

from activitypub.activities import Activity, read_activity
from activitypub.authority import host_of, same_origin
from activitypub.document import Document, type_of
from activitypub.errors import ActivityPubError
from activitypub.objects import read_object
from activitypub.terms import POSTS
from fedserver.domain.posts import remote_posts, votes
from fedserver.federation import convert
from fedserver.federation.inbound import (
    accept,
    add,
    announce,
    block,
    create,
    delete,
    flag,
    follow,
    like,
    move,
    offer,
    quote_request,
    undo,
    update,
)
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.resolve import Resolver
from storage.engine import Tx
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

Handler = Callable[[Tx, InboundActivity], Awaitable[None]]
HANDLERS: dict[str, Handler] = {
    "Create": create.handle,
    "Update": update.handle,
    "Delete": delete.handle,
    "Follow": follow.handle,
    "Accept": accept.accept,
    "Reject": accept.reject,
    "Like": like.handle,
    "EmojiReact": like.handle,
    "Announce": announce.handle,
    "Undo": undo.handle,
    "Block": block.handle,
    "Flag": flag.handle,
    "Move": move.handle,
    "Add": add.add,
    "Remove": add.remove,
    "Offer": offer.handle,
    "QuoteRequest": quote_request.handle,
}
LIKE_TYPES = ("Like", "EmojiReact")
FORWARDABLE_TYPES = ("Create", "Update", "Delete", *LIKE_TYPES)


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Fetch what the verb needs. Raises Dropped for what is not handled or cannot be believed."""
    activity = inbound.activity
    forwarded = activity.actor != inbound.actor.uri
    if forwarded or (activity.kind == "Announce" and await resolver.is_relay(inbound.actor)):
        return await _process_relayed(resolver, inbound)
    if activity.kind not in HANDLERS:
        raise IgnoredError(f"{activity.kind} is not handled")
    if activity.kind in ("Create", "Update"):
        return await _parse_object(resolver, inbound)
    if activity.result is not None and not same_origin(activity.result, inbound.actor.uri):
        raise IgnoredError("what came of it is of another origin")
    if activity.kind == "Delete" and not same_origin(activity.object_id or "", inbound.actor.uri):
        raise IgnoredError("somebody else's")
    if activity.kind in ("Accept", "Reject", "Undo"):
        return structs.replace(inbound, inner=_parse_inner(activity.object))
    inner = _parse_inner(activity.object) if activity.kind == "Announce" else None
    if inner is not None and not type_of(activity.object or {}, POSTS):
        return await _prepare_group_activity(resolver, inbound, inner)
    if activity.kind == "Announce" and activity.object_id:
        return structs.replace(
            inbound, post=await _resolve_boosted_post(resolver, inbound, activity.object_id)
        )
    if activity.kind in ("Add", "Remove"):
        return await _load_featured_post(resolver, inbound)
    if activity.kind == "Offer":
        return await _check_node_actor(resolver, inbound)
    if activity.kind == "Move":
        return await _load_moving_accounts(resolver, inbound)
    if activity.kind == "QuoteRequest":
        return await _load_quoting_post(resolver, inbound)
    if activity.kind in LIKE_TYPES and activity.object_id:
        post, found = await resolver.find_post(activity.object_id), activity.reaction
        # Of whom no pictures are shown, those in emoji are neither.
        shown = found is not None and (not found.url or resolver.allows_media(inbound.actor.uri))
        return structs.replace(inbound, post=post, reaction=found if shown else None)
    return inbound


async def _check_node_actor(resolver: Resolver, item: InboundActivity) -> InboundActivity:
    """For a whole node speaks only the actor that its host names as its own (FEP-2677)."""
    node = await resolver.fetch_node_actor(host_of(item.actor.uri))
    # guard: partners: who speaks for a node
    if node is None or node.id != item.actor.id:
        raise IgnoredError("it is not the own actor of its node")
    return item


async def _load_featured_post(resolver: Resolver, item: InboundActivity) -> InboundActivity:
    """The post that is put on top of the actor's own profile, or taken off."""
    activity, uri = item.activity, item.activity.object_id
    if not item.actor.featured_uri or activity.target != item.actor.featured_uri:
        raise IgnoredError("it is no collection of the actor that we know")
    if uri is None or not same_origin(uri, item.actor.uri):
        return item
    find = resolver.resolve_post if activity.kind == "Add" else resolver.find_post
    return structs.replace(item, post=await find(uri))


async def _load_moving_accounts(resolver: Resolver, item: InboundActivity) -> InboundActivity:
    """Who moves and where, the other one read anew; what the new one says, the old one must say as well."""
    old, new = item.activity.object_id, item.activity.target
    if old is None or new is None or old == new or item.actor.uri not in (old, new):
        raise IgnoredError("it is not the move of its actor")
    target = await resolver.fetch_actor(new)
    if item.actor.uri == old:
        return structs.replace(item, moved_account=item.actor, target=target)
    moved = await resolver.fetch_actor(old)
    if moved is None or target is None or moved.moved_to_id != target.id:
        raise IgnoredError("the old account says nothing of a move")
    return structs.replace(item, moved_account=moved, target=target)


async def _resolve_boosted_post(resolver: Resolver, item: InboundActivity, uri: str) -> PostRow | None:
    """What is boosted. A stranger's boost makes us fetch nothing. Raises Dropped."""
    known = await resolver.find_post(uri)
    if known is None and not await resolver.is_followed(item.actor):
        raise IgnoredError("a post that is not known, boosted by nobody who is followed here")
    return known or await resolver.resolve_post(uri)


async def _prepare_group_activity(
    resolver: Resolver, item: InboundActivity, inner: Activity
) -> InboundActivity:
    """What a group tells of others (FEP-1b12): only a hint where to look; each origin is asked itself."""
    if item.actor.kind != "Group" or not await resolver.is_followed(item.actor):
        raise IgnoredError("passed on by no group that is followed here")
    if inner.kind not in FORWARDABLE_TYPES:
        raise IgnoredError(f"{inner.kind} is not handled for others")
    if inner.kind in LIKE_TYPES:
        return await _prepare_forwarded_like(resolver, item, inner)
    uri = inner.object_id or ""
    known = await resolver.find_post(uri)
    if inner.kind == "Create":
        post = known or await resolver.resolve_post(uri)
        if post is None or post.in_reply_to_uri is None:
            return structs.replace(item, post=post)
        raise IgnoredError("an answer is shown in its thread only")
    if known is not None:
        await resolver.refetch_post(known.id)
    raise IgnoredError("the object was read from its origin")


async def _process_relayed(resolver: Resolver, item: InboundActivity) -> InboundActivity:
    """What a relay names or forwards: only a hint where to look, as its origin has it."""
    if not await resolver.is_relay(item.actor):
        raise IgnoredError("signed by somebody else than the actor")
    inner = _parse_inner(item.activity.object) if item.activity.kind == "Announce" else item.activity
    wraps = inner is not None and not type_of(item.activity.object or {}, POSTS)
    uri = (inner.object_id if wraps and inner is not None else item.activity.object_id) or ""
    known = await resolver.find_post(uri)
    if known is not None and item.activity.kind in ("Update", "Delete"):
        await resolver.refetch_post(known.id)
    elif known is None and item.activity.kind in ("Announce", "Create"):
        await resolver.resolve_post(uri)
    raise IgnoredError("the object was read from its origin")


async def _prepare_forwarded_like(
    resolver: Resolver, item: InboundActivity, inner: Activity
) -> InboundActivity:
    """A like that a group tells of, as the one who likes says it. Raises Dropped."""
    document = None
    if inner.id and await resolver.find_post(inner.object_id or "") is not None:
        document = await resolver.fetch_collection(inner.id)
    found = _parse_inner(document)
    if found is None or found.kind not in LIKE_TYPES or not same_origin(found.id, found.actor):
        raise IgnoredError("a like that its origin does not tell")
    actor = await resolver.resolve_actor(found.actor)
    if actor is None or actor.suspended_at is not None:
        raise IgnoredError("its actor is not known")
    return await prepare(resolver, structs.replace(item, activity=found, actor=actor))


async def _load_quoting_post(resolver: Resolver, item: InboundActivity) -> InboundActivity:
    """The post that is to be quoted, and the one that quotes it: as it came, or read from its origin."""
    activity = item.activity
    item = structs.replace(item, post=await resolver.find_post(activity.object_id or ""))
    uri, document = activity.instrument_id, activity.instrument
    if uri is None or item.post is None or not same_origin(uri, item.actor.uri):
        raise IgnoredError("there is nothing that quotes, or nothing to be quoted")
    if document is not None and type_of(document, POSTS):
        return structs.replace(
            item, remote_post=_parse_remote_post(item.actor, document, resolver.allows_media(item.actor.uri))
        )
    await resolver.resolve_post(uri)
    return item


def _parse_inner(document: Document | None) -> Activity | None:
    try:
        return read_activity(document) if document is not None else None
    except ActivityPubError:
        return None


async def _parse_object(resolver: Resolver, item: InboundActivity) -> InboundActivity:
    activity, document = item.activity, item.activity.object
    if activity.kind == "Create" and (votes := _parse_votes(item.actor, activity)):
        return structs.replace(item, votes=votes)
    if activity.kind == "Update" and activity.object_id == item.actor.uri:
        await resolver.fetch_actor(item.actor.uri)
        return item
    # guard: origin of what is embedded @last
    if document is None or not same_origin(activity.object_id or "", item.actor.uri):
        # Only its own origin may say what it is: read it there.
        if activity.kind == "Create" and activity.object_id:
            await resolver.resolve_post(activity.object_id)
        raise IgnoredError("the object was read from its origin")
    if not type_of(document, POSTS):
        raise IgnoredError(f"{type_of(document)} is not handled")
    files = resolver.allows_media(item.actor.uri)
    return structs.replace(item, remote_post=_parse_remote_post(item.actor, document, files))


def _parse_votes(actor: AccountRow, activity: Activity) -> tuple[votes.RemoteVote, ...]:
    """Votes in a poll; some peers send those of one person together, as a list."""
    embedded = [each for each in activity.objects if isinstance(each, dict)]
    found = [convert.to_remote_vote(actor.uri, each) for each in embedded]
    return tuple(each for each in found if each is not None)


def _parse_remote_post(actor: AccountRow, document: Document, files: bool) -> remote_posts.RemotePost:
    original = msgspec.json.encode(document).decode()
    return convert.to_remote_post(
        read_object(document), original, actor.followers_uri, actor.following_uri, include_files=files
    )


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    """Carry out a prepared activity. Raises Dropped if there is nothing to do."""
    await HANDLERS[inbound.activity.kind](tx, inbound)
