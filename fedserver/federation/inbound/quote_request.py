"""QuoteRequest (FEP-044f): may a post of the actor quote one of ours? Its author's policy answers at once."""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.kernel import jobs
from fedserver.domain.posts import quote_requests, quotes, remote_posts
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx
from storage.rows.posts import PostRow


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    quoted, uri = inbound.post, inbound.activity.instrument_id
    if quoted is None or not quoted.local or uri is None or not inbound.activity.id:
        raise IgnoredError("asks for nothing that is ours to give")
    author = await accounts.get(tx, quoted.account_id)
    granted = None
    row = (
        await _find_quoting_post(tx, inbound, uri)
        if await quotes.can_quote(tx, inbound.actor, quoted)
        else None
    )
    if row is not None:
        address = inbound.site.links.quote_authorization(author.username, row.id)
        granted = address if await quote_requests.grant(tx, row, quoted, address) else None
    answer = jobs.AnswerQuote(
        account_id=author.id,
        requester_id=inbound.actor.id,
        uri=inbound.activity.id,
        quoted_uri=quoted.uri,
        quoting_uri=uri,
        authorization_uri=granted,
    )
    await jobs.enqueue(tx, answer)


async def _find_quoting_post(tx: Tx, item: InboundActivity, uri: str) -> PostRow | None:
    """The post that quotes, if it is the actor's: known, or as it came with the request."""
    known = await quote_requests.find_requesting_post(tx, item.actor, uri)
    if known is None and item.remote_post is not None and item.remote_post.uri == uri:
        if item.remote_post.author_uri != item.actor.uri:
            raise IgnoredError("the post is somebody else's")
        known = await remote_posts.receive(tx, item.actor, item.remote_post)
    return known
