"""Which module handles which verb: `prepare` before the transaction, `apply` in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct, structs

from activitypub.activities import Activity, complete_objects
from activitypub.references import list_references, replace_references
from fedserver.federation.convert import local_addresses
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
    relayed,
    undo,
    update,
)
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.resolve import Resolver
from storage.engine import Tx


class Handler(Struct, frozen=True):
    """The two halves of handling a verb."""

    prepare: Callable[[Resolver, InboundActivity], Awaitable[InboundActivity]]
    apply: Callable[[Tx, InboundActivity], Awaitable[None]]


HANDLERS = {
    "Create": Handler(create.prepare, create.apply),
    "Update": Handler(update.prepare, update.apply),
    "Delete": Handler(delete.prepare, delete.apply),
    "Follow": Handler(follow.prepare, follow.apply),
    "Accept": Handler(accept.prepare, accept.apply),
    "Reject": Handler(accept.prepare, accept.apply),
    "Like": Handler(like.prepare, like.apply),
    "EmojiReact": Handler(like.prepare, like.apply),
    "Announce": Handler(announce.prepare, announce.apply),
    "Undo": Handler(undo.prepare, undo.apply),
    "Block": Handler(block.prepare, block.apply),
    "Flag": Handler(flag.prepare, flag.apply),
    "Move": Handler(move.prepare, move.apply),
    "Add": Handler(add.prepare, add.apply),
    "Remove": Handler(add.prepare, add.apply),
    "Offer": Handler(offer.prepare, offer.apply),
    "QuoteRequest": Handler(quote_request.prepare, quote_request.apply),
}


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity with what its verb needs; called outside of transactions, as it may fetch.

    Raises IgnoredError for what is not supported or cannot be believed, ActivityPubError for bad documents.
    """
    activity = await _localize(resolver, inbound)
    inbound = structs.replace(inbound, activity=activity)
    if activity.kind in ("Create", "Update"):
        inbound = structs.replace(inbound, activity=complete_objects(activity))
    is_forwarded = activity.actor != inbound.actor.uri
    if is_forwarded or (activity.kind == "Announce" and await resolver.is_relay(inbound.actor)):
        await relayed.process(resolver, inbound)
    if activity.kind not in HANDLERS:
        raise IgnoredError(f"{activity.kind} is not supported")
    return await HANDLERS[activity.kind].prepare(resolver, inbound)


async def _localize(resolver: Resolver, inbound: InboundActivity) -> Activity:
    """Return an activity that names what is here by its ids, in whatever spelling its peer does."""
    addresses = local_addresses.select_misspelled(inbound.site.links, list_references(inbound.activity))
    ids = await resolver.load_local_ids(addresses) if addresses else {}
    return replace_references(inbound.activity, ids) if ids else inbound.activity


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Apply a prepared activity. Raises IgnoredError if it has no effect, DomainError if it may not."""
    await HANDLERS[inbound.activity.kind].apply(tx, inbound)
