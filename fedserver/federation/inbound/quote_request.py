"""QuoteRequest (FEP-044f): may a post of the actor quote one of ours? Its author's policy answers at once."""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.kernel import jobs
from fedserver.domain.posts import quote_requests, quotes, remote_posts
from fedserver.federation.inbound.item import Dropped, Item
from storage.engine import Tx
from storage.rows.posts import PostRow


async def handle(tx: Tx, item: Item) -> None:
    quoted, uri = item.post, item.activity.instrument_id
    if quoted is None or not quoted.local or uri is None or not item.activity.id:
        raise Dropped("asks for nothing that is ours to give")
    author = await accounts.by_id(tx, quoted.account_id)
    granted = None
    row = await _quoting(tx, item, uri) if await quotes.may(tx, item.actor, quoted) else None
    if row is not None:
        address = item.site.links.quote_authorization(author.username, row.id)
        granted = address if await quote_requests.grant(tx, row, quoted, address) else None
    answer = jobs.AnswerQuote(
        account_id=author.id,
        requester_id=item.actor.id,
        uri=item.activity.id,
        quoted_uri=quoted.uri,
        quoting_uri=uri,
        authorization_uri=granted,
    )
    await jobs.owe(tx, answer)


async def _quoting(tx: Tx, item: Item, uri: str) -> PostRow | None:
    """The post that quotes, if it is the actor's: known, or as it came with the request."""
    known = await quote_requests.asking(tx, item.actor, uri)
    if known is None and item.remote is not None and item.remote.uri == uri:
        if item.remote.author_uri != item.actor.uri:
            raise Dropped("the post is somebody else's")
        known = await remote_posts.receive(tx, item.actor, item.remote)
    return known
