"""QuoteRequest (FEP-044f): may a post of the actor quote one of ours? Its author's policy answers at once."""

from __future__ import annotations

from msgspec import structs

from activitypub.authority import same_origin
from activitypub.document import type_of
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
    """Return the request with the quoted post and the embedded quoting one; one that is not is fetched.

    Raises IgnoredError.
    """
    activity = inbound.activity
    inbound = structs.replace(inbound, post=await resolver.find_post(activity.object_id or ""))
    uri, document = activity.instrument_id, activity.instrument
    if uri is None or inbound.post is None or not same_origin(uri, inbound.actor.uri):
        raise IgnoredError("the quoted post is not known, or the quoting one is of another origin")
    if document is not None and type_of(document, POSTS):
        return structs.replace(inbound, remote_post=parse_post(resolver, inbound.actor, document))
    await resolver.resolve_post(uri)
    return inbound


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Decide by the author's policy and enqueue the answer. Raises IgnoredError."""
    quoted, uri = inbound.post, inbound.activity.instrument_id
    if quoted is None or not quoted.local or uri is None or not inbound.activity.id:
        raise IgnoredError("it asks for no post of a member")
    author = await accounts.get(tx, quoted.account_id)
    authorization_uri = None
    if await quote_policies.can_quote(tx, inbound.actor, quoted):
        quoting = await _find_quoting_post(tx, inbound, uri)
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


async def _find_quoting_post(tx: Tx, inbound: InboundActivity, uri: str) -> PostRow | None:
    """Return the quoting post if it is the actor's: stored, or as it came with the request."""
    post = await quote_requests.find_requesting_post(tx, inbound.actor, uri)
    if post is None and inbound.remote_post is not None and inbound.remote_post.uri == uri:
        if inbound.remote_post.author_uri != inbound.actor.uri:
            raise IgnoredError("the quoting post belongs to another actor")
        post = await remote_posts.receive(tx, inbound.actor, inbound.remote_post)
    return post
