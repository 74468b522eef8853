"""Verify quotes of peers (FEP-044f): the quoted post, and the authorization by its author."""

from __future__ import annotations

import structlog

from activitypub.errors import ActivityPubError
from activitypub.interactions import read_authorization
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.errors import RetryLaterError
from fedserver.domain.posts import quote_requests
from fedserver.federation.fetch import RemoteGoneError
from fedserver.federation.resolve import Resolver
from storage.engine import Database
from storage.rows.posts import PostRow

log = structlog.stdlib.get_logger("fedserver.federation")


async def verify_quote(db: Database, resolver: Resolver, job: jobs.VerifyQuote) -> None:
    """Fetch what a post of a peer quotes, and record whether it may quote it.

    Raises RetryLaterError if it names an authorization and this, or the quoted post, cannot be read now.
    """
    async with db.read() as tx:
        pending = await quote_requests.find_pending(tx, job.post_id)
    if pending is None:
        return
    row, quote = pending
    quoted = await resolver.resolve_post(quote.quoted_uri, depth=job.depth)
    if quoted is not None and quoted.local:
        return
    is_authorized, authorization_uri = None, quote.authorization_uri
    if quoted is not None:
        if authorization_uri is not None:
            is_authorized = await _is_authorized(db, resolver, row, quoted, authorization_uri)
        async with db.write() as tx:
            await quote_requests.record_verification(tx, row.id, quoted, is_authorized=is_authorized)
    if authorization_uri is not None and is_authorized is None:
        raise RetryLaterError(f"{authorization_uri[:300]} cannot be read now")


async def _is_authorized(
    db: Database, resolver: Resolver, row: PostRow, quoted: PostRow, uri: str
) -> bool | None:
    """Return True if the authorization at `uri` is by the quoted author and about these two posts.

    Returns None if it cannot be read now.
    """
    async with db.read() as tx:
        author = await accounts.get(tx, quoted.account_id)
    try:
        document = await resolver.fetch_document(uri)
        if document is None:
            return None
        authorization = read_authorization(document)
    except RemoteGoneError:
        return False
    except ActivityPubError as error:
        log.info("authorization_refused", uri=uri[:300], reason=str(error))
        return False
    expected = (author.uri, row.uri, quoted.uri)
    return (authorization.author, authorization.quoting, authorization.target) == expected
