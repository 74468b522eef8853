"""Quotes (FEP-044f): asking to quote posts of peers, and answering and revoking quotes of local posts."""

from __future__ import annotations

from activitypub import activities
from activitypub.interactions import quote_request
from activitypub.terms import PUBLIC
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.outbound.activity import OutboundActivity, list_inboxes, load_parties
from fedserver.federation.outbound.posts import load_post
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import quotes as quote_queries


async def render_request(tx: ReadTx, site: NodeContext, job: jobs.RequestQuote) -> OutboundActivity | None:
    """Return the QuoteRequest of a local post for the author of the quoted one."""
    post, quote = await load_post(tx, site, job.post_id), await quote_queries.find_by_post(tx, job.post_id)
    if post is None or quote is None or quote.request_uri is None or quote.quoted_account_id is None:
        return None
    # guard: partners: a quote of another account
    if post.row.visibility == "partners":
        return None  # the quoted author may be no partner, and the request shows the post
    author = await account_queries.find(tx, quote.quoted_account_id)
    if author is None or not author.domain:
        return None
    activity = quote_request(
        quote.request_uri, post.author.uri, quote.quoted_uri, post.document, [author.uri]
    )
    return OutboundActivity(post.author, activity, (author.inbox_uri,))


async def render_answer(tx: Tx, site: NodeContext, job: jobs.AnswerQuote) -> OutboundActivity | None:
    """Return the Accept with its authorization, or the Reject, for the account that asked to quote."""
    parties = await load_parties(tx, job.account_id, job.requester_id)
    if parties is None:
        return None
    sender, requester = parties
    authorization_uri = job.authorization_uri
    kind, path = ("Accept", "accepts") if authorization_uri is not None else ("Reject", "rejects")
    request = quote_request(job.uri, requester.uri, job.quoted_uri, job.quoting_uri, [sender.uri])
    uri = site.links.activity(sender.uri, path, tx.new_id())
    activity = activities.answer(kind, uri, sender.uri, request, requester.uri, authorization_uri)
    return OutboundActivity(sender, activity, (requester.inbox_uri,))


async def render_revoke(tx: ReadTx, site: NodeContext, job: jobs.RevokeQuote) -> OutboundActivity | None:
    """Return the Delete of an authorization for the followers of its author and the one who quoted."""
    sender = await account_queries.find(tx, job.account_id)
    if sender is None:
        return None
    activity = activities.delete_authorization(site.links.delete(job.uri), sender.uri, job.uri, [PUBLIC])
    inboxes = await list_inboxes(tx, sender.id, "public", [job.quoter_id])
    return OutboundActivity(sender, activity, inboxes)
