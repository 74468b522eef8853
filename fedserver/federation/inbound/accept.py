"""Accept and Reject of a Follow (ActivityPub §7.6, §7.7), a QuoteRequest (FEP-044f) or a partnership.

Only the actor that was asked can answer.
"""

from __future__ import annotations

from msgspec import structs

from activitypub.authority import same_origin
from fedserver.domain.accounts import accounts
from fedserver.domain.peers import partners, relays
from fedserver.domain.posts import quote_requests
from fedserver.domain.relationships import follows
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.embedded import parse_activity
from fedserver.federation.resolve import Resolver
from storage.engine import ReadTx, Tx
from storage.queries.relationships import follows as follow_queries


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the answer with the activity it embeds. Raises IgnoredError for a result of another origin."""
    activity = inbound.activity
    if activity.result is not None and not same_origin(activity.result, inbound.actor.uri):
        raise IgnoredError("its result is of another origin")
    return structs.replace(inbound, inner=parse_activity(activity.object))


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Record an answer to something that was asked. Raises IgnoredError if it answers nothing."""
    accepted, uri = inbound.activity.kind == "Accept", inbound.activity.object_id
    if await _apply_quote_answer(tx, inbound, accepted=accepted):
        return
    for receive in (partners.receive_answer, relays.receive_answer):
        if uri and await receive(tx, inbound.site, inbound.actor, uri, accepted=accepted):
            return
    follower_id = await _find_follower(tx, inbound, uri)
    if follower_id is None:
        raise IgnoredError("it answers nothing that was asked")
    if not await follows.receive_answer(tx, inbound.actor, follower_id, uri, accepted=accepted):
        raise IgnoredError("it answers nothing that was asked")


async def _apply_quote_answer(tx: Tx, inbound: InboundActivity, *, accepted: bool) -> bool:
    """Record an answer to a QuoteRequest from here. Returns False if it is about something else."""
    uri, result = inbound.activity.object_id, inbound.activity.result
    if not uri or (inbound.inner is not None and inbound.inner.kind != "QuoteRequest"):
        return False
    if accepted and result is None:
        return False
    return await quote_requests.receive_answer(tx, inbound.actor, uri, result, accepted=accepted)


async def _find_follower(tx: ReadTx, inbound: InboundActivity, uri: str | None) -> int | None:
    """Return the id of the account that asked to follow, by the embedded Follow or by its id alone."""
    if inbound.inner is not None and inbound.inner.kind == "Follow":
        follower = await accounts.find_by_uri(tx, inbound.inner.actor)
        is_local = follower is not None and not follower.domain
        asked_actor = inbound.inner.object_id == inbound.actor.uri
        return follower.id if follower is not None and is_local and asked_actor else None
    row = await follow_queries.find_request_by_uri(tx, uri) if uri else None
    row = row or (await follow_queries.find_by_uri(tx, uri) if uri else None)
    return row.account_id if row is not None and row.target_id == inbound.actor.id else None
