"""Offer (ActivityStreams 2.0 Vocabulary §3.1) of a partnership, by the own actor of another node to ours."""

from __future__ import annotations

import structlog

from activitypub.activities import read_activity
from activitypub.authority import host_of
from activitypub.errors import ActivityPubError
from activitypub.partnerships import Partnership, read_partnership
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import partners
from fedserver.federation.fetch import RemoteGoneError
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.resolve import Resolver
from storage.engine import Tx
from storage.rows.accounts import AccountRow

log = structlog.stdlib.get_logger("fedserver.federation")


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Check that the actor is the one that its host names as its own (FEP-2677). Raises IgnoredError."""
    node = await resolver.fetch_node_actor(host_of(inbound.actor.uri))
    # guard: partners: who speaks for a node
    if node is None or node.id != inbound.actor.id:
        raise IgnoredError("the actor is not the own actor of its node")
    return inbound


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Store an offer for the admins to decide. Raises IgnoredError if it is not for us or nothing new."""
    partnership = read_partnership(inbound.activity)
    if partnership.object != inbound.site.links.instance_actor:
        raise IgnoredError("it is offered to another node")
    if not inbound.activity.id:
        raise IgnoredError("an Offer needs an id to be answered")
    if not await partners.receive_offer(
        tx, inbound.site, inbound.actor, inbound.activity.id, partnership.scopes, partnership.message
    ):
        raise IgnoredError("it offers nothing new")


async def fetch_offer(
    resolver: Resolver, site: NodeContext, address: str
) -> tuple[AccountRow, str, Partnership] | None:
    """Read the offer at an address that an admin was given, where only allowed peers may send one.

    Returns the node's actor, the id of the offer and what is offered. Returns None if there is no offer,
    or if it is not made by its node's own actor to ours.
    """
    try:
        document = await resolver.fetch_document(address, require_allowed=False)
        if document is None:
            return None
        node = await resolver.fetch_node_actor(host_of(address), require_allowed=False)
        activity = read_activity(document)
        partnership = read_partnership(activity)
    except (RemoteGoneError, ActivityPubError) as error:
        log.info("offer_refused", address=address[:300], reason=str(error))
        return None
    is_for_us = partnership.object == site.links.instance_actor
    if node is None or activity.kind != "Offer" or activity.actor != node.uri or not is_for_us:
        return None
    return node, activity.id, partnership
