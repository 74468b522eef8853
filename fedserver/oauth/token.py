"""Token endpoint (RFC 6749 §4.1.3, §4.4) and revocation (RFC 7009)."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from msgspec import Struct

from fedserver.domain.auth import apps, tokens
from fedserver.domain.kernel.errors import DomainError
from fedserver.web.endpoint import EVERYONE, Call, JsonResponse, Routes
from storage.engine import ReadTx
from storage.rows.auth import AppRow

routes = Routes("oauth")
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenParams(Struct, frozen=True):
    """Parameters of the token endpoint."""

    grant_type: str = ""
    client_id: str = ""
    client_secret: str = ""
    code: str = ""
    redirect_uri: str = ""
    code_verifier: str = ""
    scope: str = ""


class RevokeParams(Struct, frozen=True):
    """Parameters of the revocation endpoint."""

    client_id: str = ""
    client_secret: str = ""
    token: str = ""


class TokenResponse(Struct, frozen=True):
    """docs.joinmastodon.org/entities/Token: `created_at` is in seconds."""

    access_token: str
    token_type: str
    scope: str
    created_at: int


# Texts are for developers of apps and stay English: an `error_description` is ASCII (RFC 6749 §5.2).
def _render_error(code: str, text: str, status: int = 400) -> JsonResponse:
    return JsonResponse({"error": code, "error_description": text}, status, NO_STORE)


CLIENT_ERROR = _render_error(
    "invalid_client",
    "Client authentication failed due to unknown client, no client authentication included, or unsupported "
    "authentication method.",
    401,
)


async def _authenticate_app(call: Call[Any], tx: ReadTx) -> AppRow | None:
    """Return the app that authenticates by its secret, in the body or by HTTP Basic; None if it fails."""
    client_id, secret = call.params.client_id, call.params.client_secret
    kind, _, encoded = call.request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, ValueError):
            return None
        client_id, _, secret = (unquote_plus(part) for part in pair.partition(":"))
    app = await apps.find_by_client_id(tx, client_id)
    return app if app is not None and apps.has_secret(app, secret) else None


@routes.post("/oauth/token", params=TokenParams, no_token=True, audience=EVERYONE)
async def issue(call: Call[TokenParams]) -> JsonResponse:
    """Issue a token for a code, or an app's own token."""
    params, tx = call.params, call.tx
    app = await _authenticate_app(call, tx)
    if app is None:
        return CLIENT_ERROR
    try:
        if params.grant_type == "authorization_code":
            verifier = params.code_verifier or None
            token = await tokens.exchange(tx, app, params.code, params.redirect_uri, verifier)
        elif params.grant_type == "client_credentials":
            granted = " ".join(tokens.check_scopes(app, params.scope))
            token = await tokens.create(tx, granted, app_id=app.id, member_id=None, account_id=None)
        else:
            return _render_error("unsupported_grant_type", "Use authorization_code or client_credentials.")
    except tokens.GrantRefusedError as error:
        return _render_error(error.code, error.text)
    except DomainError as error:
        return _render_error("invalid_scope", error.text)
    if token is None:
        return _render_error("invalid_grant", "The authorization code was used before. Its token is revoked.")
    return JsonResponse(_render_token(token), 200, NO_STORE)


def _render_token(token: tokens.NewToken) -> TokenResponse:
    return TokenResponse(token.secret, "Bearer", " ".join(token.scopes), token.created_at // 1000)


@routes.post("/oauth/revoke", params=RevokeParams, no_token=True, audience=EVERYONE)
async def revoke(call: Call[RevokeParams]) -> JsonResponse:
    """Revoke a token of the app."""
    app = await _authenticate_app(call, call.tx)
    if app is None:
        return _render_error("unauthorized_client", "You are not authorized to revoke this token", 403)
    try:
        await tokens.revoke(call.tx, app, call.params.token)
    except DomainError:
        return _render_error("unauthorized_client", "You are not authorized to revoke this token", 403)
    return JsonResponse({})
