"""Undo (ActivityPub §7.12): of a Follow, Like, Announce or Block of the actor's own, or of a partnership."""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.accounts import accounts
from fedserver.domain.peers import partners
from fedserver.domain.posts import boosts, likes, reactions
from fedserver.domain.relationships import blocks, follows
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.embedded import parse_activity
from fedserver.federation.inbound.like import LIKE_TYPES
from fedserver.federation.resolve import Resolver
from storage.engine import Tx
from storage.queries.relationships import follows as follow_queries


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity with the one it undoes, if that is embedded; nothing is fetched."""
    return structs.replace(inbound, inner=parse_activity(inbound.activity.object))


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Undo what the actor did. Without an embedded activity its id decides what that was.

    Raises IgnoredError if nothing is to be undone, or another actor did it.
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
        target = await accounts.find_by_uri(tx, object_uri) if object_uri else None
        done = await blocks.receive_undo(tx, inbound.actor, uri, target)
    if not done and kind in ("Offer", "Accept"):
        # The node that made the offer undoes the Offer, the one that accepted it undoes its Accept.
        offer_uri = uri if kind == "Offer" else object_uri or ""
        done = await partners.receive_end(tx, inbound.site, inbound.actor, offer_uri)
    if not done:
        raise IgnoredError("it undoes nothing that is known")


async def _undo_follow(tx: Tx, inbound: InboundActivity, object_uri: str | None) -> bool:
    """Undo a Follow by the account that is followed, or by the id of the Follow alone."""
    uri = inbound.activity.object_id
    if object_uri is None and uri:
        row = await follow_queries.find_by_uri(tx, uri) or await follow_queries.find_request_by_uri(tx, uri)
        is_own = row is not None and row.account_id == inbound.actor.id
        return row is not None and is_own and await follows.receive_undo(tx, inbound.actor, row.target_id)
    target = await accounts.find_by_uri(tx, object_uri) if object_uri else None
    if target is None or target.domain:
        return False
    return await follows.receive_undo(tx, inbound.actor, target.id)
