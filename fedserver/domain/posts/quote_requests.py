"""Quotes between nodes: what posts of peers quote, who asks and who answers (FEP-044f)."""

from __future__ import annotations

from msgspec import Struct, structs

from fedserver.domain.kernel import jobs
from fedserver.domain.posts import quotes
from fedserver.domain.posts.quotes import ACCEPTED, PENDING, REJECTED, REVOKED
from storage.engine import ReadTx, Tx
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow, QuoteRow

# A quote counts as this many steps up a thread, so that a long chain of quotes is not followed without end.
DEPTH_STEP, MAX_DEPTH = 15, 40


class RemoteQuote(Struct, frozen=True):
    """A quote as a post of a peer states it."""

    uri: str
    authorization_uri: str | None = None
    legacy: bool = False


async def receive(tx: Tx, row: PostRow, remote: RemoteQuote | None, *, depth: int = 0) -> None:
    """Store what a post of a peer quotes; another author's post is shown once their consent is verified."""
    former = await quote_queries.find_by_post(tx, row.id)
    if remote is None:
        if former is not None:
            await quotes.remove(tx, row)
        return
    if former is not None and former.quoted_uri == remote.uri:
        await _update_consent(tx, former, remote, depth)
        return
    await quotes.remove(tx, row)
    quoted = await _find_quotable(tx, remote.uri)
    quote = QuoteRow(
        post_id=row.id,
        account_id=row.account_id,
        quoted_id=quoted.id if quoted else None,
        quoted_account_id=quoted.account_id if quoted else None,
        quoted_uri=remote.uri,
        quoted_url=quoted.url if quoted else remote.uri,
        state=PENDING,
        legacy=remote.legacy,
        request_uri=None,
        authorization_uri=remote.authorization_uri,
        created_at=tx.now,
    )
    await quote_queries.upsert_quote(tx, quote)
    if quoted is not None and quoted.account_id == row.account_id:
        await quotes.accept(tx, row, quote, remote.authorization_uri)
    elif (quoted is None or not quoted.local) and _is_possible(row, remote):
        await _enqueue_verification(tx, quote, depth)


def _is_possible(row: PostRow, remote: RemoteQuote) -> bool:
    """Return False for a quote that can never be shown: without a request, of a post on another host."""
    return not remote.legacy or row.uri.split("/")[:3] == remote.uri.split("/")[:3]


async def update(tx: Tx, row: PostRow, remote: RemoteQuote) -> None:
    """Update the state of a quote that is stored already; do nothing for another one."""
    quote = await quote_queries.find_by_post(tx, row.id)
    if quote is not None and quote.quoted_uri == remote.uri:
        await receive(tx, row, remote)


async def _find_quotable(tx: ReadTx, uri: str) -> PostRow | None:
    """Return the stored post with this URI; None if there is none, or if peers may not refer to it."""
    post = await post_queries.find_by_uri(tx, uri)
    if post is None or post.boost_of_id is not None or post.visibility in ("local", "partners"):
        return None
    return post


async def _update_consent(tx: Tx, quote: QuoteRow, remote: RemoteQuote, depth: int) -> None:
    """Update a known quote whose authorization, or whose request for one, may have changed."""
    quoted = await post_queries.find(tx, quote.quoted_id) if quote.quoted_id is not None else None
    if quoted is not None and (quoted.local or quoted.account_id == quote.account_id):
        return  # This node decides about its own posts; a quote of oneself needs no consent.
    if (quote.authorization_uri, quote.legacy) == (remote.authorization_uri, remote.legacy):
        return
    if quote.state == ACCEPTED:
        await quotes.end(tx, quote, REVOKED)
    changed = structs.replace(quote, authorization_uri=remote.authorization_uri, legacy=remote.legacy)
    if remote.authorization_uri is None:
        state = REVOKED if quote.state == ACCEPTED else quote.state
        await quote_queries.upsert_quote(tx, structs.replace(changed, state=state))
        return
    await quote_queries.upsert_quote(tx, structs.replace(changed, state=PENDING))
    await _enqueue_verification(tx, changed, depth)


async def _enqueue_verification(tx: Tx, quote: QuoteRow, depth: int) -> None:
    if depth < MAX_DEPTH:
        task = jobs.VerifyQuote(quote.post_id, depth + DEPTH_STEP)
        await jobs.enqueue(tx, task, dedupe=f"verify_quote:{quote.post_id}")


async def find_pending(tx: ReadTx, post_id: int) -> tuple[PostRow, QuoteRow] | None:
    """Return a peer's post whose quote was not verified yet, and the quote."""
    row = await post_queries.find(tx, post_id)
    quote = await quote_queries.find_by_post(tx, post_id)
    return (row, quote) if row is not None and quote is not None and quote.state == PENDING else None


async def record_verification(tx: Tx, post_id: int, quoted: PostRow, *, is_authorized: bool | None) -> None:
    """Record a verification: authorized, not authorized, or (None) not certain yet."""
    pending = await find_pending(tx, post_id)
    if pending is None or quoted.boost_of_id is not None:
        return
    row, quote = pending
    quote = structs.replace(
        quote, quoted_id=quoted.id, quoted_account_id=quoted.account_id, quoted_url=quoted.url
    )
    if is_authorized or row.account_id == quoted.account_id:
        await quotes.accept(tx, row, quote, quote.authorization_uri)
    else:
        state = REJECTED if is_authorized is False else PENDING
        await quote_queries.upsert_quote(tx, structs.replace(quote, state=state))
    await quotes.broadcast_change(tx, row)


async def find_requesting_post(tx: ReadTx, actor: AccountRow, uri: str) -> PostRow | None:
    """Return the post that asks to quote another; None if it is not stored here, or not by `actor`."""
    post = await post_queries.find_by_uri(tx, uri)
    return post if post is not None and post.account_id == actor.id else None


async def grant(tx: Tx, row: PostRow, quoted: PostRow, uri: str) -> bool:
    """Let a peer's post quote one of ours, authorized at `uri`; return False if that was revoked before."""
    quote = await quote_queries.find_by_post(tx, row.id)
    if quote is None or quote.quoted_uri != quoted.uri or quote.state == REVOKED:
        return False
    quote = structs.replace(quote, quoted_id=quoted.id, quoted_account_id=quoted.account_id, legacy=False)
    await quotes.accept(tx, row, quote, uri)
    await quotes.broadcast_change(tx, row)
    return True


async def receive_answer(
    tx: Tx, actor: AccountRow, request_uri: str, authorization_uri: str | None, *, accepted: bool
) -> bool:
    """Record the answer of a quoted author to our request; return False if there was none to them."""
    quote = await quote_queries.find_by_request(tx, request_uri)
    if quote is None or quote.quoted_account_id != actor.id:
        return False
    row = await post_queries.find(tx, quote.post_id)
    if row is None or (accepted and quote.state != PENDING):
        return False
    if accepted:
        await quotes.accept(tx, row, quote, authorization_uri)
    else:
        await quotes.end(tx, quote, REVOKED if quote.state == ACCEPTED else REJECTED)
    await quotes.broadcast_change(tx, row)
    return True


async def receive_revocation(tx: Tx, actor: AccountRow, authorization_uri: str) -> bool:
    """Revoke an authorization for the quoted author; return False if it is not theirs."""
    quote = await quote_queries.find_by_authorization(tx, authorization_uri)
    if quote is None or quote.quoted_account_id != actor.id:
        return False
    await quotes.end(tx, quote, REVOKED)
    row = await post_queries.find(tx, quote.post_id)
    if row is not None:
        await quotes.broadcast_change(tx, row)
    return True
