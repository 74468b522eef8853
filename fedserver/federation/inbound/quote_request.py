"""QuoteRequest (FEP-044f): may a post of the actor quote one of ours? Its author's policy answers at once.

Some servers (Hollo) leave the quote out of the post until it is granted: what they send to their followers
does not tell, only the post in the request, or the one at its address, does.
"""

from __future__ import annotations

from msgspec import structs

from activitypub.authority import same_origin
from activitypub.document import Document, id_of, type_of
from activitypub.interactions import read_quote
from activitypub.terms import POSTS
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel import jobs
from fedserver.domain.posts import quote_requests, remote_posts
from fedserver.domain.timelines import quote_policies
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.embedded import parse_post
from fedserver.federation.resolve import Resolver
from storage.engine import Tx
from storage.rows.posts import PostRow


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the request with the quoted post and the quoting one, which is fetched if it is not embedded.

    Raises IgnoredError.
    """
    activity = inbound.activity
    inbound = structs.replace(inbound, post=await resolver.find_post(activity.object_id or ""))
    uri, document = activity.instrument_id, activity.instrument
    # guard: origin of a post that wants to quote @last
    if uri is None or inbound.post is None or not same_origin(uri, inbound.actor.uri):
        raise IgnoredError("the quoted post is not known, or the quoting one is of another origin")
    if document is None or not type_of(document, POSTS):
        document = await _read_quoting_post(resolver, uri, inbound.post.uri)
    if document is None or id_of(document) != uri or not type_of(document, POSTS):
        return inbound
    return structs.replace(inbound, remote_post=parse_post(resolver, inbound.actor, document))


async def _read_quoting_post(resolver: Resolver, uri: str, quoted_uri: str) -> Document | None:
    """Return the document of a post that is not embedded: the stored one if it has the quote, or fetched."""
    stored = await resolver.find_original(uri)
    quote = read_quote(stored) if stored is not None else None
    if quote is not None and quote.uri == quoted_uri:
        return stored
    document = await resolver.fetch_collection(uri)
    return await resolver.localize_document(document) if document is not None else stored


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Decide by the author's policy and enqueue the answer. Raises IgnoredError."""
    quoted, uri = inbound.post, inbound.activity.instrument_id
    if quoted is None or not quoted.local or uri is None or not inbound.activity.id:
        raise IgnoredError("it asks for no post of a member")
    author = await accounts.get(tx, quoted.account_id)
    authorization_uri = None
    if await quote_policies.can_quote(tx, inbound.actor, quoted):
        quoting = await _find_quoting_post(tx, inbound, uri, quoted)
        if quoting is not None:
            address = inbound.site.links.quote_authorization(author.username, quoting.id)
            authorization_uri = address if await quote_requests.grant(tx, quoting, quoted, address) else None
    answer = jobs.AnswerQuote(
        account_id=author.id,
        requester_id=inbound.actor.id,
        uri=inbound.activity.id,
        quoted_uri=quoted.uri,
        quoting_uri=uri,
        authorization_uri=authorization_uri,
    )
    await jobs.enqueue(tx, answer)


async def _find_quoting_post(tx: Tx, inbound: InboundActivity, uri: str, quoted: PostRow) -> PostRow | None:
    """Return the quoting post if it is the actor's, with the quote as the request has it.

    The request is signed by the author of the quoting post: where that names no quote yet, the request does.
    """
    remote, actor = inbound.remote_post, inbound.actor
    if remote is not None and remote.author_uri != actor.uri:
        raise IgnoredError("the quoting post belongs to another actor")
    post = await quote_requests.find_requesting_post(tx, actor, uri)
    if post is None and remote is not None:
        post = await remote_posts.receive(tx, actor, remote)
    quote = remote.quote if remote is not None else None
    if post is not None and (quote is None or quote.uri == quoted.uri):
        await quote_requests.add(tx, post, quoted)
    return post
