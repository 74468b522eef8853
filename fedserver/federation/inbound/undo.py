"""Undo (ActivityPub §7.12): of a Follow, Like, Announce or Block of the actor's own, or of a partnership.

The Undo of a Delete, with which some servers (Lemmy) restore a post, has it read from its origin again.
"""

from __future__ import annotations

from typing import NoReturn

from msgspec import structs

from fedserver.domain.peers import partners
from fedserver.domain.posts import boosts, likes, reactions
from fedserver.domain.relationships import blocks, follows
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity, find_account
from fedserver.federation.inbound.embedded import parse_activity
from fedserver.federation.inbound.like import LIKE_TYPES
from fedserver.federation.resolve import Resolver
from storage.engine import Tx
from storage.queries.relationships import follows as follow_queries


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity with the one it undoes, if that is embedded.

    Nothing is fetched but a post that was deleted. Raises IgnoredError after that.
    """
    inner = parse_activity(inbound.activity.object)
    if inner is not None and inner.kind == "Delete":
        await _restore_post(resolver, inbound.actor.uri, inner.actor, inner.object_id or "")
    return structs.replace(inbound, inner=inner)


async def _restore_post(resolver: Resolver, actor_uri: str, deleted_by: str, uri: str) -> NoReturn:
    """Read a post of the actor again that it deleted. Always raises IgnoredError."""
    if deleted_by != actor_uri:
        raise IgnoredError("it undoes what another actor did")
    if await resolver.restore_post(uri, author_uri=actor_uri) is None:
        raise IgnoredError("the post was not deleted here, or its origin does not publish it")
    raise IgnoredError("the post was read from its origin")


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Undo what the actor did. Raises IgnoredError if nothing is to be undone, or another actor did it."""
    if not await undo(tx, inbound):
        raise IgnoredError("it undoes nothing that is known")


async def undo(tx: Tx, inbound: InboundActivity) -> bool:
    """Undo what the actor did; return False if nothing is to be undone.

    Without an embedded activity the id in the object decides what that was. Raises IgnoredError if another
    actor did it.
    """
    inner, uri = inbound.inner, inbound.activity.object_id or ""
    if inner is not None and inner.actor != inbound.actor.uri:
        raise IgnoredError("it undoes what another actor did")
    kind = inner.kind if inner is not None else ""
    object_uri = inner.object_id if inner is not None else None
    done = False
    if kind in ("Follow", ""):
        done = await _undo_follow(tx, inbound, object_uri)
    if not done and kind in (*LIKE_TYPES, ""):
        name = inner.reaction.name if inner is not None and inner.reaction is not None else ""
        done = await reactions.receive_undo(tx, inbound.actor, uri, object_uri, name)
    if not done and kind in (*LIKE_TYPES, ""):
        done = await likes.receive_undo(tx, inbound.actor, uri, object_uri)
    if not done and kind in ("Announce", ""):
        done = await boosts.receive_undo(tx, inbound.actor, uri, object_uri)
    if not done and kind in ("Block", ""):
        target = await find_account(tx, inbound.site, object_uri)
        done = await blocks.receive_undo(tx, inbound.actor, uri, target)
    if not done and kind in ("Offer", "Accept"):
        # The node that made the offer undoes the Offer, the one that accepted it undoes its Accept.
        offer_uri = uri if kind == "Offer" else object_uri or ""
        done = await partners.receive_end(tx, inbound.site, inbound.actor, offer_uri)
    return done


async def _undo_follow(tx: Tx, inbound: InboundActivity, object_uri: str | None) -> bool:
    """Undo a Follow by the account that is followed, or by the id of the Follow alone."""
    uri = inbound.activity.object_id
    if object_uri is None and uri:
        row = await follow_queries.find_by_uri(tx, uri) or await follow_queries.find_request_by_uri(tx, uri)
        is_own = row is not None and row.account_id == inbound.actor.id
        return row is not None and is_own and await follows.receive_undo(tx, inbound.actor, row.target_id)
    target = await find_account(tx, inbound.site, object_uri)
    if target is None or target.domain:
        return False
    return await follows.receive_undo(tx, inbound.actor, target.id)
