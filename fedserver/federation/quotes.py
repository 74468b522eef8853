"""Verifying quotes of peers: what is quoted, and the consent of its author, read where that author lives."""

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
    """Find what a post of a peer quotes, and whether it may.

    Raises Later if an authorization is named and it, or what is quoted, cannot be read now.
    """
    async with db.read() as tx:
        found = await quote_requests.find_pending(tx, job.post_id)
    if found is None:
        return
    row, quote = found
    quoted = await resolver.resolve_post(quote.quoted_uri, depth=job.depth)
    if quoted is not None and quoted.local:
        return
    agreed, named = None, quote.authorization_uri
    if quoted is not None:
        agreed = await _is_authorized(db, resolver, row, quoted, named) if named is not None else None
        async with db.write() as tx:
            await quote_requests.record_verification(tx, row.id, quoted, is_authorized=agreed)
    if named is not None and agreed is None:
        raise RetryLaterError(f"{named[:300]} cannot be read now")


async def _is_authorized(
    db: Database, resolver: Resolver, row: PostRow, quoted: PostRow, uri: str
) -> bool | None:
    """True if the authorization at `uri` is by the quoted author and about these two posts.

    None if it cannot be read now.
    """
    async with db.read() as tx:
        author = await accounts.get(tx, quoted.account_id)
    try:
        document = await resolver.fetch_document(uri)
        if document is None:
            return None
        granted = read_authorization(document)
    except RemoteGoneError:
        return False
    except ActivityPubError as error:
        log.info("authorization_refused", uri=uri[:300], reason=str(error))
        return False
    return (granted.author, granted.quoting, granted.target) == (author.uri, row.uri, quoted.uri)
