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
from fedserver.federation.inbound.item import Dropped, Item
from fedserver.federation.resolve import Resolver
from storage.engine import Tx
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

Handle = Callable[[Tx, Item], Awaitable[None]]
VERBS: dict[str, Handle] = {
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
ABOUT_POSTS = ("Like", "EmojiReact")
PASSED_ON = ("Create", "Update", "Delete", *ABOUT_POSTS)


async def prepare(resolver: Resolver, item: Item) -> Item:
    """Fetch what the verb needs. Raises Dropped for what is not handled or cannot be believed."""
    activity = item.activity
    forwarded = activity.actor != item.actor.uri
    if forwarded or (activity.kind == "Announce" and await resolver.is_relay(item.actor)):
        return await _relayed(resolver, item)
    if activity.kind not in VERBS:
        raise Dropped(f"{activity.kind} is not handled")
    if activity.kind in ("Create", "Update"):
        return await _with_post(resolver, item)
    if activity.result is not None and not same_origin(activity.result, item.actor.uri):
        raise Dropped("what came of it is of another origin")
    if activity.kind == "Delete" and not same_origin(activity.object_id or "", item.actor.uri):
        raise Dropped("somebody else's")
    if activity.kind in ("Accept", "Reject", "Undo"):
        return structs.replace(item, inner=_inner(activity.object))
    inner = _inner(activity.object) if activity.kind == "Announce" else None
    if inner is not None and not type_of(activity.object or {}, POSTS):
        return await _passed_on(resolver, item, inner)
    if activity.kind == "Announce" and activity.object_id:
        return structs.replace(item, post=await _boosted(resolver, item, activity.object_id))
    if activity.kind in ("Add", "Remove"):
        return await _with_featured(resolver, item)
    if activity.kind == "Offer":
        return await _of_its_node(resolver, item)
    if activity.kind == "Move":
        return await _with_target(resolver, item)
    if activity.kind == "QuoteRequest":
        return await _with_instrument(resolver, item)
    if activity.kind in ABOUT_POSTS and activity.object_id:
        post, found = await resolver.known_post(activity.object_id), activity.reaction
        # Of whom no pictures are shown, those in emoji are neither.
        shown = found is not None and (not found.url or resolver.shows_media(item.actor.uri))
        return structs.replace(item, post=post, reaction=found if shown else None)
    return item


async def _of_its_node(resolver: Resolver, item: Item) -> Item:
    """For a whole node speaks only the actor that its host names as its own (FEP-2677)."""
    node = await resolver.node_actor(host_of(item.actor.uri))
    # guard: partners: who speaks for a node
    if node is None or node.id != item.actor.id:
        raise Dropped("it is not the own actor of its node")
    return item


async def _with_featured(resolver: Resolver, item: Item) -> Item:
    """The post that is put on top of the actor's own profile, or taken off."""
    activity, uri = item.activity, item.activity.object_id
    if not item.actor.featured_uri or activity.target != item.actor.featured_uri:
        raise Dropped("it is no collection of the actor that we know")
    if uri is None or not same_origin(uri, item.actor.uri):
        return item
    find = resolver.post if activity.kind == "Add" else resolver.known_post
    return structs.replace(item, post=await find(uri))


async def _with_target(resolver: Resolver, item: Item) -> Item:
    """Who moves and where, the other one read anew; what the new one says, the old one must say as well."""
    old, new = item.activity.object_id, item.activity.target
    if old is None or new is None or old == new or item.actor.uri not in (old, new):
        raise Dropped("it is not the move of its actor")
    target = await resolver.actor(new)
    if item.actor.uri == old:
        return structs.replace(item, moved=item.actor, target=target)
    moved = await resolver.actor(old)
    if moved is None or target is None or moved.moved_to_id != target.id:
        raise Dropped("the old account says nothing of a move")
    return structs.replace(item, moved=moved, target=target)


async def _boosted(resolver: Resolver, item: Item, uri: str) -> PostRow | None:
    """What is boosted. A stranger's boost makes us fetch nothing. Raises Dropped."""
    known = await resolver.known_post(uri)
    if known is None and not await resolver.is_followed(item.actor):
        raise Dropped("a post that is not known, boosted by nobody who is followed here")
    return known or await resolver.post(uri)


async def _passed_on(resolver: Resolver, item: Item, inner: Activity) -> Item:
    """What a group tells of others (FEP-1b12): only a hint where to look; each origin is asked itself."""
    if item.actor.kind != "Group" or not await resolver.is_followed(item.actor):
        raise Dropped("passed on by no group that is followed here")
    if inner.kind not in PASSED_ON:
        raise Dropped(f"{inner.kind} is not handled for others")
    if inner.kind in ABOUT_POSTS:
        return await _like_passed_on(resolver, item, inner)
    uri = inner.object_id or ""
    known = await resolver.known_post(uri)
    if inner.kind == "Create":
        post = known or await resolver.post(uri)
        if post is None or post.in_reply_to_uri is None:
            return structs.replace(item, post=post)
        raise Dropped("an answer is shown in its thread only")
    if known is not None:
        await resolver.again(known.id)
    raise Dropped("the object was read from its origin")


async def _relayed(resolver: Resolver, item: Item) -> Item:
    """What a relay names or forwards: only a hint where to look, as its origin has it."""
    if not await resolver.is_relay(item.actor):
        raise Dropped("signed by somebody else than the actor")
    inner = _inner(item.activity.object) if item.activity.kind == "Announce" else item.activity
    wraps = inner is not None and not type_of(item.activity.object or {}, POSTS)
    uri = (inner.object_id if wraps and inner is not None else item.activity.object_id) or ""
    known = await resolver.known_post(uri)
    if known is not None and item.activity.kind in ("Update", "Delete"):
        await resolver.again(known.id)
    elif known is None and item.activity.kind in ("Announce", "Create"):
        await resolver.post(uri)
    raise Dropped("the object was read from its origin")


async def _like_passed_on(resolver: Resolver, item: Item, inner: Activity) -> Item:
    """A like that a group tells of, as the one who likes says it. Raises Dropped."""
    document = None
    if inner.id and await resolver.known_post(inner.object_id or "") is not None:
        document = await resolver.collection(inner.id)
    found = _inner(document)
    if found is None or found.kind not in ABOUT_POSTS or not same_origin(found.id, found.actor):
        raise Dropped("a like that its origin does not tell")
    actor = await resolver.author(found.actor)
    if actor is None or actor.suspended_at is not None:
        raise Dropped("its actor is not known")
    return await prepare(resolver, structs.replace(item, activity=found, actor=actor))


async def _with_instrument(resolver: Resolver, item: Item) -> Item:
    """The post that is to be quoted, and the one that quotes it: as it came, or read from its origin."""
    activity = item.activity
    item = structs.replace(item, post=await resolver.known_post(activity.object_id or ""))
    uri, document = activity.instrument_id, activity.instrument
    if uri is None or item.post is None or not same_origin(uri, item.actor.uri):
        raise Dropped("there is nothing that quotes, or nothing to be quoted")
    if document is not None and type_of(document, POSTS):
        return structs.replace(
            item, remote=_remote(item.actor, document, resolver.shows_media(item.actor.uri))
        )
    await resolver.post(uri)
    return item


def _inner(document: Document | None) -> Activity | None:
    try:
        return read_activity(document) if document is not None else None
    except ActivityPubError:
        return None


async def _with_post(resolver: Resolver, item: Item) -> Item:
    activity, document = item.activity, item.activity.object
    if activity.kind == "Create" and (votes := _votes(item.actor, activity)):
        return structs.replace(item, votes=votes)
    if activity.kind == "Update" and activity.object_id == item.actor.uri:
        await resolver.actor(item.actor.uri)
        return item
    # guard: origin of what is embedded @last
    if document is None or not same_origin(activity.object_id or "", item.actor.uri):
        # Only its own origin may say what it is: read it there.
        if activity.kind == "Create" and activity.object_id:
            await resolver.post(activity.object_id)
        raise Dropped("the object was read from its origin")
    if not type_of(document, POSTS):
        raise Dropped(f"{type_of(document)} is not handled")
    files = resolver.shows_media(item.actor.uri)
    return structs.replace(item, remote=_remote(item.actor, document, files))


def _votes(actor: AccountRow, activity: Activity) -> tuple[votes.RemoteVote, ...]:
    """Votes in a poll; some peers send those of one person together, as a list."""
    embedded = [each for each in activity.objects if isinstance(each, dict)]
    found = [convert.vote(actor.uri, each) for each in embedded]
    return tuple(each for each in found if each is not None)


def _remote(actor: AccountRow, document: Document, files: bool) -> remote_posts.RemotePost:
    original = msgspec.json.encode(document).decode()
    return convert.post(
        read_object(document), original, actor.followers_uri, actor.following_uri, files=files
    )


async def handle(tx: Tx, item: Item) -> None:
    """Carry out a prepared activity. Raises Dropped if there is nothing to do."""
    await VERBS[item.activity.kind](tx, item)
