"""Requests of peers: what they signed, who signed it, and documents as responses."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from activitypub.errors import ActivityPubError
from activitypub.signatures.request import SignedRequest, fields
from activitypub.terms import ACTIVITY_JSON
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.errors import ForbiddenError, NotFoundError, UnauthorizedError
from fedserver.federation.authenticate import PeerBlockedError
from fedserver.web.endpoint import Call
from fedserver.web.json import json_response
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow

CONTENT_TYPE = f"{ACTIVITY_JSON}; charset=utf-8"


def build_signed_request(call: Call[Any], body: bytes = b"") -> SignedRequest:
    """Return the request as it was signed: for our public address, which a proxy may have replaced."""
    request = call.request
    return SignedRequest(
        request.method, call.site.links.base, request.raw_path, fields(request.headers.items()), body
    )


async def authenticate_signer(call: Call[Any]) -> AccountRow | None:
    """Return the account that signed a GET. Returns None if there is no signature.

    Raises UnauthorizedError, ForbiddenError.
    """
    request = build_signed_request(call)
    if "signature" not in request.headers:
        return None
    try:
        return await call.services.authenticator.authenticate(request)
    except PeerBlockedError as error:
        raise ForbiddenError("This node does not speak with yours") from error
    except ActivityPubError as error:
        raise UnauthorizedError(f"The signature is not valid: {error}") from error


async def authenticate_reader(call: Call[Any]) -> AccountRow | None:
    """Return the account that reads a document. Raises UnauthorizedError where the node demands a signature.

    Raises NotFoundError where the node does not federate.
    """
    signer = await authenticate_signer(call)
    if signer is None and call.site.config.federation.authorized_fetch:
        raise UnauthorizedError("This node wants signed requests (authorized fetch)")
    if call.site.config.federation.mode == "closed":
        raise NotFoundError
    return signer


def document_response(body: Any, *, status: int = 200, private: bool = False) -> web.Response:
    """Return a document as a response; caches may share it for a minute unless it is `private`."""
    response = json_response(body, status=status, kind=CONTENT_TYPE)
    response.headers["Vary"] = "Accept, Signature"
    response.headers["Cache-Control"] = "private, no-store" if private else "max-age=60"
    return response


def next_page_url(collection_uri: str, cursors: list[int], size: int) -> str | None:
    """Return the address of the page after one with these cursors. Returns None if it was the last."""
    return f"{collection_uri}?page=true&max_id={cursors[-1]}" if len(cursors) >= size else None


async def get_named_account(call: Call[Any], tx: ReadTx) -> AccountRow:
    """Return the local account that the path names. Raises NotFoundError."""
    return await accounts.get_local(tx, call.text("name"))
