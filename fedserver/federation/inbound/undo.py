"""Undo (ActivityPub §7.12): of a Follow, Like, Announce or Block of the actor's own, or of a partnership."""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.peers import partners
from fedserver.domain.posts import boosts, likes, reactions
from fedserver.domain.relationships import blocks, follows
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx
from storage.queries.relationships import follows as follow_queries

LIKE_TYPES = ("Like", "EmojiReact")


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    inner, uri = inbound.inner, inbound.activity.object_id or ""
    if inner is not None and inner.actor != inbound.actor.uri:
        raise IgnoredError("undoes what somebody else did")
    kind = inner.kind if inner is not None else ""
    about = inner.object_id if inner is not None else None
    done = False
    if kind in ("Follow", ""):
        done = await _undo_follow(tx, inbound, about)
    if not done and kind in (*LIKE_TYPES, ""):
        name = inner.reaction.name if inner is not None and inner.reaction is not None else ""
        done = await reactions.receive_undo(tx, inbound.actor, uri, about, name)
    if not done and kind in (*LIKE_TYPES, ""):
        done = await likes.receive_undo(tx, inbound.actor, uri, about)
    if not done and kind in ("Announce", ""):
        done = await boosts.receive_undo(tx, inbound.actor, uri, about)
    if not done and kind in ("Block", ""):
        target = await accounts.find_by_uri(tx, about) if about else None
        done = await blocks.receive_undo(tx, inbound.actor, uri, target)
    if not done and kind in ("Offer", "Accept"):
        # Who made the offer undoes it, who accepted it undoes that.
        done = await partners.receive_end(
            tx, inbound.site, inbound.actor, uri if kind == "Offer" else about or ""
        )
    if not done:
        raise IgnoredError("undoes nothing that is here")


async def _undo_follow(tx: Tx, item: InboundActivity, about: str | None) -> bool:
    """By the one who is followed, or by the id of the Follow alone."""
    uri = item.activity.object_id
    if about is None and uri:
        row = await follow_queries.find_by_uri(tx, uri) or await follow_queries.find_request_by_uri(tx, uri)
        ours = row is not None and row.account_id == item.actor.id
        return row is not None and ours and await follows.receive_undo(tx, item.actor, row.target_id)
    target = await accounts.find_by_uri(tx, about) if about else None
    if target is None or target.domain:
        return False
    return await follows.receive_undo(tx, item.actor, target.id)
