"""Accept and Reject of a Follow (ActivityPub §7.6, §7.7), a QuoteRequest (FEP-044f), a partnership.

Only the one who was asked can answer.
"""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.peers import partners, relays
from fedserver.domain.posts import quote_requests
from fedserver.domain.relationships import follows
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx
from storage.queries.relationships import follows as follow_queries


async def accept(tx: Tx, inbound: InboundActivity) -> None:
    await _apply_answer(tx, inbound, accepted=True)


async def reject(tx: Tx, inbound: InboundActivity) -> None:
    await _apply_answer(tx, inbound, accepted=False)


async def _apply_answer(tx: Tx, item: InboundActivity, *, accepted: bool) -> None:
    uri = item.activity.object_id
    if await _apply_quote_answer(tx, item, accepted=accepted):
        return
    for receive in (partners.receive_answer, relays.receive_answer):
        if uri and await receive(tx, item.site, item.actor, uri, accepted=accepted):
            return
    follower_id = await _find_follower(tx, item, uri)
    if follower_id is None:
        raise IgnoredError("answers nothing that was asked")
    if not await follows.receive_answer(tx, item.actor, follower_id, uri, accepted=accepted):
        raise IgnoredError("answers nothing that was asked")


async def _apply_quote_answer(tx: Tx, item: InboundActivity, *, accepted: bool) -> bool:
    """An answer to a QuoteRequest of ours; False if it is about something else."""
    uri, result = item.activity.object_id, item.activity.result
    if not uri or (item.inner is not None and item.inner.kind != "QuoteRequest"):
        return False
    if accepted and result is None:
        return False
    return await quote_requests.receive_answer(tx, item.actor, uri, result, accepted=accepted)


async def _find_follower(tx: Tx, item: InboundActivity, uri: str | None) -> int | None:
    """Who asked: by the Follow that is embedded, or by its id alone."""
    if item.inner is not None and item.inner.kind == "Follow":
        follower = await accounts.find_by_uri(tx, item.inner.actor)
        ours = follower is not None and not follower.domain
        asked = item.inner.object_id == item.actor.uri
        return follower.id if follower is not None and ours and asked else None
    row = await follow_queries.find_request_by_uri(tx, uri) if uri else None
    row = row or (await follow_queries.find_by_uri(tx, uri) if uri else None)
    return row.account_id if row is not None and row.target_id == item.actor.id else None
