"""Requests of peers: what they signed, who they are, and documents as answers."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from activitypub.errors import ActivityPubError
from activitypub.signatures.request import SignedRequest, fields
from activitypub.terms import ACTIVITY_JSON
from fedserver.domain.kernel.errors import ForbiddenError, NotFoundError, UnauthorizedError
from fedserver.federation.authenticate import PeerBlockedError
from fedserver.federation.fetch import RemoteGoneError
from fedserver.web.endpoint import Call
from fedserver.web.json import json_response
from storage.rows.accounts import AccountRow

CONTENT_TYPE = f"{ACTIVITY_JSON}; charset=utf-8"


def build_signed_request(call: Call[Any], body: bytes = b"") -> SignedRequest:
    """The request as it was signed: for our public address, whatever a proxy made of it."""
    request = call.request
    return SignedRequest(
        request.method, call.site.links.base, request.raw_path, fields(request.headers.items()), body
    )


async def authenticate_signer(call: Call[Any]) -> AccountRow | None:
    """Who signed a GET; None for a request without a signature. Raises Unauthorized, Forbidden."""
    request = build_signed_request(call)
    if "signature" not in request.headers:
        return None
    try:
        return await call.services.authenticator.authenticate(request)
    except PeerBlockedError as error:
        raise ForbiddenError("This node does not speak with yours") from error
    except (ActivityPubError, RemoteGoneError) as error:
        raise UnauthorizedError(f"The signature is not valid: {error}") from error


async def authenticate_reader(call: Call[Any]) -> AccountRow | None:
    """Who reads a document. Raises Unauthorized where the node demands a signature."""
    found = await authenticate_signer(call)
    if found is None and call.site.config.federation.authorized_fetch:
        raise UnauthorizedError("This node wants signed requests (authorized fetch)")
    if call.site.config.federation.mode == "closed":
        raise NotFoundError
    return found


def document_response(body: Any, *, status: int = 200, private: bool = False) -> web.Response:
    """A document as an answer."""
    response = json_response(body, status=status, kind=CONTENT_TYPE)
    response.headers["Vary"] = "Accept, Signature"
    response.headers["Cache-Control"] = "private, no-store" if private else "max-age=60"
    return response
