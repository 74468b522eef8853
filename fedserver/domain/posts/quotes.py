"""Quotes: a post shows another, if its author agrees (FEP-044f).

Of our own posts the author's policy decides at once; of a peer's its author is asked, and until the answer
comes the quote waits.
"""

from __future__ import annotations

from html import escape

from msgspec import structs

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import notifications
from fedserver.domain.timelines import quote_policies, visibility
from fedserver.domain.timelines.visibility import PUBLIC_VISIBILITIES
from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import mentions as mention_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow, QuoteRow

PENDING, ACCEPTED, REJECTED, REVOKED, DELETED = "pending", "accepted", "rejected", "revoked", "deleted"


async def record(tx: Tx, site: NodeContext, row: PostRow, quoted: PostRow) -> None:
    """Store that `row`, a local post, quotes `quoted` instead of a former one.

    `quoted` is from `quote_policies.get_quotable`.
    """
    await remove(tx, row)
    author = await account_queries.find(tx, row.account_id)
    other = await account_queries.find(tx, quoted.account_id)
    assert author is not None
    assert other is not None
    own, ours = row.account_id == quoted.account_id, quoted.local
    asked = None if own or ours else site.links.activity(author.uri, "quote_requests", tx.new_id())
    granted = site.links.quote_authorization(other.username, row.id) if ours and not own else None
    quote = QuoteRow(
        post_id=row.id,
        account_id=row.account_id,
        quoted_id=quoted.id,
        quoted_account_id=quoted.account_id,
        quoted_uri=quoted.uri,
        quoted_url=quoted.url,
        state=PENDING,
        legacy=False,
        request_uri=asked,
        authorization_uri=granted,
        created_at=tx.now,
    )
    await quote_queries.upsert_quote(tx, quote)
    if row.state != "published":
        return
    if own or ours:
        await accept(tx, row, quote, granted)
    else:
        await jobs.enqueue(tx, jobs.RequestQuote(row.id))


async def accept(tx: Tx, row: PostRow, quote: QuoteRow, authorization_uri: str | None) -> None:
    """Accept a quote for the quoted author: it is shown, counted, and notified to a local author."""
    if quote.state == ACCEPTED or quote.quoted_id is None:
        return
    accepted = structs.replace(quote, state=ACCEPTED, authorization_uri=authorization_uri)
    await quote_queries.upsert_quote(tx, accepted)
    await post_queries.adjust_count(tx, quote.quoted_id, "quotes_count", 1)
    tx.emit(events.POST_CHANGED, post_id=quote.quoted_id)
    if quote.quoted_account_id is not None:
        await _insert_mention(tx, row, quote)
        await notifications.notify(tx, "quote", quote.quoted_account_id, row.account_id, row.id)


async def mention_quoted_author(tx: Tx, row: PostRow) -> None:
    """Mention the quoted author again after an edit replaced the mentions, so that they see the quote."""
    if row.visibility not in (*PUBLIC_VISIBILITIES, "local"):
        quote = await quote_queries.find_by_post(tx, row.id)
        if quote is not None and quote.state == ACCEPTED:
            await _insert_mention(tx, row, quote)


async def _insert_mention(tx: Tx, row: PostRow, quote: QuoteRow) -> None:
    if row.visibility not in (*PUBLIC_VISIBILITIES, "local") and quote.quoted_account_id not in (
        None,
        row.account_id,
    ):
        await mention_queries.insert(tx, row.id, [quote.quoted_account_id or 0])


async def end(tx: Tx, quote: QuoteRow, state: str) -> None:
    """Stop showing a quote: it was rejected or revoked, or its post is gone."""
    await quote_queries.upsert_quote(tx, structs.replace(quote, state=state))
    await _decrement_count(tx, quote)


async def _decrement_count(tx: Tx, quote: QuoteRow) -> None:
    if quote.state != ACCEPTED or quote.quoted_id is None:
        return
    await post_queries.adjust_count(tx, quote.quoted_id, "quotes_count", -1)
    tx.emit(events.POST_CHANGED, post_id=quote.quoted_id)
    if quote.quoted_account_id is not None:
        await notifications.retract(tx, "quote", quote.quoted_account_id, quote.account_id, quote.post_id)


async def remove(tx: Tx, row: PostRow) -> None:
    """Remove the quote from a post."""
    quote = await quote_queries.find_by_post(tx, row.id)
    if quote is not None:
        await _decrement_count(tx, quote)
        await quote_queries.delete_by_post(tx, row.id)


async def remove_deleted(tx: Tx, row: PostRow) -> None:
    """Remove the quote from a post that is deleted, and mark the quotes of it: what they show is gone."""
    await remove(tx, row)
    await quote_queries.mark_quoted_deleted(tx, row.id)


async def find(tx: ReadTx, post_id: int) -> QuoteRow | None:
    """Return what a post quotes."""
    return await quote_queries.find_by_post(tx, post_id)


async def list_quoter_ids(tx: ReadTx, post_id: int) -> list[int]:
    """Return the ids of the accounts that quote a post."""
    return [account_id for _, account_id in await quote_queries.list_quoters(tx, post_id)]


async def notify_quoters(tx: Tx, quoted: PostRow) -> None:
    """Notify local authors who quote a post that it was changed."""
    for post_id, account_id in await quote_queries.list_quoters(tx, quoted.id):
        await notifications.notify(tx, "quoted_update", account_id, quoted.account_id, post_id)


async def broadcast_change(tx: Tx, row: PostRow) -> None:
    """Announce to clients and peers that the quote of a post, or who may quote it, has changed."""
    tx.emit(events.POST_EDITED, post_id=row.id)
    if row.local and row.state == "published" and row.visibility not in ("local", "partners"):
        await jobs.enqueue(tx, jobs.UpdatePost(row.id, tx.now))


async def set_policy(tx: Tx, author: AccountRow, post_id: int, word: str) -> None:
    """Say who may quote a post of one's own from now on: public, followers or nobody.

    Quotes that there are stay, and no former version is kept. Raises NotFoundError, InvalidError.
    """
    row = await visibility.get_own(tx, author, post_id)
    policy = quote_policies.encode_policy(word, row.visibility, row.interaction_policy)
    if policy != row.interaction_policy:
        await post_queries.set_interaction_policy(tx, row.id, policy)
        await broadcast_change(tx, row)


async def list_quoting_posts(tx: ReadTx, viewer_id: int | None, post_id: int, page: Page) -> list[int]:
    """Ids of the posts that quote one, with its author's consent. Raises NotFoundError.

    Those of accounts that are hidden from the viewer are left out.
    """
    await visibility.require(tx, post_id, viewer_id)
    return await quote_queries.list_quoting_posts(tx, post_id, viewer_id, page)


async def revoke(tx: Tx, author: AccountRow, post_id: int, quoting_id: int) -> None:
    """Take the consent back that another post shows one of one's own. Raises NotFoundError."""
    quote = await quote_queries.find_by_post(tx, quoting_id)
    other = await post_queries.find(tx, quoting_id)
    if quote is None or other is None or quote.quoted_id != post_id or quote.quoted_account_id != author.id:
        raise NotFoundError
    if quote.state in (REVOKED, REJECTED):
        return
    await end(tx, quote, REVOKED)
    await broadcast_change(tx, other)
    if quote.authorization_uri is not None and other.visibility != "local":
        await jobs.enqueue(tx, jobs.RevokeQuote(author.id, quote.authorization_uri, quote.account_id))


async def get_authorization(tx: ReadTx, author: AccountRow, post_id: int) -> tuple[QuoteRow, str]:
    """Return an accepted quote of a post of `author`, and the quoting post's URI. Raises NotFoundError."""
    quote = await quote_queries.find_by_post(tx, post_id)
    row = await post_queries.find(tx, post_id)
    if quote is None or row is None or quote.state != ACCEPTED or quote.authorization_uri is None:
        raise NotFoundError
    if quote.quoted_account_id != author.id or author.domain:
        raise NotFoundError
    return quote, row.uri


def is_gone(quote: QuoteRow) -> bool:
    """Return True if the quoted post does not exist any more."""
    return quote.state == DELETED or (quote.state == ACCEPTED and quote.quoted_id is None)


def add_fallback_link(html: str, quote: QuoteRow | None) -> str:
    """Return the HTML of a local post with a link for software without quotes; others hide that line."""
    if quote is None or is_gone(quote):
        return html
    if any(f'href="{escape(address)}"' in html for address in (quote.quoted_uri, quote.quoted_url)):
        return html
    url = quote.quoted_url
    link = f'<a href="{escape(url)}" rel="nofollow noopener">{escape(url)}</a>'
    return f'<p class="quote-inline">RE: {link}</p>{html}'
