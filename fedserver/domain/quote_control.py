"""What the author of a quoted post decides: who may quote it, and that somebody may not any more."""

from __future__ import annotations

from fedserver.domain import events, posts, quote_policies, quote_requests, quotes, tasks
from fedserver.domain.errors import NotFound
from storage import AccountRow, Page, QuoteRow, Tx, queries


async def set_policy(tx: Tx, author: AccountRow, post_id: int, word: str) -> None:
    """Say who may quote a post of one's own from now on: public, followers or nobody.

    Quotes that there are stay. Raises NotFound, Invalid.
    """
    row = await posts.own(tx, author, post_id)
    policy = quote_policies.of_word(word, row.visibility)
    if policy == row.interaction_policy:
        return
    await queries.posts.set_policy(tx, row.id, policy)
    tx.emit(events.POST_EDITED, post_id=row.id)
    await quote_requests.tell_peers(tx, row)


async def quoting(tx: Tx, viewer_id: int | None, post_id: int, page: Page) -> list[int]:
    """Ids of the posts that quote one, with its author's consent. Raises NotFound."""
    row = await posts.get(tx, post_id, viewer_id)
    return await queries.quotes.quoting(tx, row.id, page)


async def revoke(tx: Tx, author: AccountRow, post_id: int, quoting_id: int) -> None:
    """Take the consent back that another post shows this one. Raises NotFound."""
    row = await posts.own(tx, author, post_id)
    quote = await queries.quotes.of_post(tx, quoting_id)
    if quote is None or quote.quoted_id != row.id:
        raise NotFound
    if quote.state in (quotes.REVOKED, quotes.REJECTED):
        return
    await quotes.end(tx, quote, quotes.REVOKED)
    other = await queries.posts.by_id(tx, quoting_id)
    if other is not None:
        await quote_requests.tell_peers(tx, other)
    if quote.authorization_uri is not None and row.visibility != "local":
        await tasks.owe(tx, tasks.RevokeQuote(author.id, quote.authorization_uri, quote.account_id))


async def authorization(tx: Tx, author: AccountRow, post_id: int) -> tuple[QuoteRow, str]:
    """The consent of `author` that a post quotes one of theirs, and the URI of that post. Raises NotFound."""
    quote = await queries.quotes.of_post(tx, post_id)
    row = await queries.posts.by_id(tx, post_id)
    if quote is None or row is None or quote.state != quotes.ACCEPTED or quote.authorization_uri is None:
        raise NotFound
    if quote.quoted_account_id != author.id or author.domain:
        raise NotFound
    return quote, row.uri
