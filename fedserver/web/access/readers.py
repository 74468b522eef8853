"""Who may read: the one place where a caller is compared with the access mode of the node."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.kernel.access import AccessMode
from fedserver.domain.kernel.context import Principal
from fedserver.domain.kernel.errors import UnauthorizedError
from fedserver.federation.peer_access import PeerIdentity as PeerIdentity
from fedserver.federation.peer_access import describe_problem, identify_peer
from fedserver.text.locales import gettext
from fedserver.web import session
from fedserver.web.endpoint import (
    FILES,
    LOGIN_NEEDED,
    MEMBERS,
    PEERS,
    Endpoint,
    build_signed_request,
)
from fedserver.web.services import WebServices

NOBODY = PeerIdentity()
PRIVATE = "private, no-store"
# Browsers ask again after a day, and then show that they are still logged in.
PRIVATE_FILE = "private, max-age=86400"
GRANT_END, GRANT_SIGNATURE = "e", "s"  # what `Links.with_grant` adds to an address


async def admit(
    services: WebServices,
    access: AccessMode,
    endpoint: Endpoint,
    request: web.Request,
    caller: Principal | None,
) -> PeerIdentity:
    """Return the peer that signed a request to an endpoint for peers, nobody elsewhere.

    Raises UnauthorizedError and ForbiddenError for a caller whom the mode of the node does not serve there,
    and RetryLaterError. An app with a token of its own but no member is a visitor, as in Mastodon.
    """
    if endpoint.audience == PEERS:
        return await _identify_peer(services, access, endpoint, request)
    # guard: visitors of a limited node
    if endpoint.audience == MEMBERS and not _is_member(caller) and not access.admits_visitors:
        raise UnauthorizedError(LOGIN_NEEDED if not endpoint.html else gettext("Please log in first."))
    if endpoint.audience == FILES and access.is_private:
        await _check_file_reader(services, access, endpoint, request)
    return NOBODY


def check_signature(peer: PeerIdentity) -> None:
    """Raise UnauthorizedError for a peer whose signature did not count, of something that it does not find.

    It may be there for the one that the signature names, so "not found" could be untrue.
    """
    if peer.problem:
        raise UnauthorizedError(describe_problem(peer.problem))


def find_cache_control(endpoint: Endpoint, access: AccessMode) -> str:
    """Return the `Cache-Control` of a response that the mode keeps from some, '' if it keeps it from nobody.

    No cache may share such a response.
    """
    if endpoint.audience == MEMBERS:
        return PRIVATE if not access.admits_visitors else ""
    if endpoint.audience == PEERS:
        return PRIVATE if access.requires_signatures else ""
    return PRIVATE_FILE if endpoint.audience == FILES and access.is_private else ""


def _is_member(caller: Principal | None) -> bool:
    return caller is not None and caller.account is not None


async def _identify_peer(
    services: WebServices, access: AccessMode, endpoint: Endpoint, request: web.Request
) -> PeerIdentity:
    return await identify_peer(
        services.authenticator,
        access,
        build_signed_request(request, services.site) if "Signature" in request.headers else None,
        services.proxies.resolve_client_address(request),
        is_inbox=endpoint.raw,
        requires_signature=endpoint.requires_signature,
    )


async def _check_file_reader(
    services: WebServices, access: AccessMode, endpoint: Endpoint, request: web.Request
) -> None:
    """Raise UnauthorizedError or ForbiddenError for who may not read a file of a private node.

    Those who may have a grant in the address, the signature of a peer, or the cookie or token of a member.
    """
    grants, query = services.site.links.grants, request.query
    signature = query.get(GRANT_SIGNATURE, "")
    if grants is not None and grants.is_valid(request.path, query.get(GRANT_END, ""), signature):
        return
    if "Signature" in request.headers:
        await _identify_peer(services, access, endpoint, request)
        return
    async with services.db.read() as tx:
        caller = await session.find_reader(tx, request, services.site)
    # guard: files of a private node
    if not _is_member(caller):
        raise UnauthorizedError(LOGIN_NEEDED)
