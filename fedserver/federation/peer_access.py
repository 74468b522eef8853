"""What peers may use: the one check before every endpoint that is declared for them.

FEDERATION.md has the table of modes, routes and signatures that follows from it.
"""

from __future__ import annotations

import asyncio

import structlog
from msgspec import Struct

from activitypub.errors import ActivityPubError
from activitypub.signatures.request import SignedRequest
from fedserver.domain.kernel.access import AccessMode
from fedserver.domain.kernel.errors import ForbiddenError, RetryLaterError, UnauthorizedError
from fedserver.federation.authenticate import Authenticator, BusyError, PeerBlockedError
from storage.rows.accounts import AccountRow

log = structlog.stdlib.get_logger("fedserver.federation")
# Where no signature is needed, a peer is not kept waiting longer for the host of its key: most servers
# give up on a document after 10 s.
MAX_KEY_WAIT_S = 5.0
REFUSED = "This node does not speak with yours"


class PeerIdentity(Struct, frozen=True):
    """The signer of a request, None for nobody. `problem` says why a signature does not count."""

    account: AccountRow | None = None
    problem: str = ""


async def identify_peer(
    authenticator: Authenticator,
    access: AccessMode,
    request: SignedRequest | None,
    client: str,
    *,
    is_inbox: bool,
    requires_signature: bool,
) -> PeerIdentity:
    """Return who signed a request to an endpoint for peers; `client` is the address that it came from.

    `request` is None if it has no signature.

    An inbox verifies the signature itself, as it covers the body. Elsewhere a signature that cannot be
    verified counts as none where none is needed, as in Mastodon. Raises ForbiddenError for a peer that
    federation policy refuses, UnauthorizedError where a valid signature is needed, and RetryLaterError.
    """
    # guard: closed mode
    if access.peers == "closed":
        raise ForbiddenError("This node does not federate")
    # guard: the host of a claimed key
    if (
        request is not None
        and not authenticator.is_claimed_host_allowed(request)
        # Whom we have something of may still erase it: the inbox refuses everything else.
        and not (is_inbox and await authenticator.has_stored_key(request))
    ):
        raise ForbiddenError(REFUSED)
    if is_inbox:
        return PeerIdentity()
    is_needed = requires_signature or access.requires_signatures
    # guard: unsigned requests
    if is_needed and request is None:
        raise UnauthorizedError("This document is for signed requests only (HTTP signatures)")
    if request is None:
        return PeerIdentity()
    identity = await _authenticate(authenticator, request, client, is_needed)
    # What is for one peer alone, such as an offer, is for it before it is a partner.
    # guard: documents for partners only
    if identity.account and not requires_signature and not authenticator.is_reader(identity.account):
        raise ForbiddenError(REFUSED)
    return identity


async def _authenticate(
    authenticator: Authenticator, request: SignedRequest, client: str, is_needed: bool
) -> PeerIdentity:
    try:
        async with asyncio.timeout(None if is_needed else MAX_KEY_WAIT_S):
            return PeerIdentity(await authenticator.authenticate(request, reader=client))
    except PeerBlockedError as error:
        raise ForbiddenError(REFUSED) from error
    except (ActivityPubError, TimeoutError) as error:
        problem = str(error) or "key-unavailable"
        if is_needed and isinstance(error, BusyError):
            raise RetryLaterError(f"Your key cannot be read now: {problem}") from error
        if is_needed:
            raise UnauthorizedError(describe_problem(problem)) from error
        log.info("signature_not_counted", target=request.target[:300], reason=problem[:200])
        return PeerIdentity(problem=problem)


def describe_problem(problem: str) -> str:
    """Return what a peer gets to read whose signature does not count."""
    return f"The signature is not valid: {problem}"
