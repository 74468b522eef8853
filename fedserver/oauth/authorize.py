"""Authorization endpoint (RFC 6749 §4.1, PKCE of RFC 7636): log in, consent, back to the app with a code.

Plain forms that work without JavaScript, in pop-ups and in embedded views. Errors are shown here until app
and redirect URI are verified: the node never redirects to an address that was not registered.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from aiohttp import web
from msgspec import Struct

from addresses.hosts import normalize_url
from fedserver.domain.auth import apps, tokens
from fedserver.domain.kernel import scopes
from fedserver.domain.kernel.errors import DomainError, InvalidError
from fedserver.text.locales import gettext
from fedserver.web.endpoint import EVERYONE, USER, Call, Routes
from storage.engine import ReadTx
from storage.rows.auth import AppRow

routes = Routes("oauth")


class AuthorizeParams(Struct, frozen=True):
    """Parameters of an authorization request, and the member's decision."""

    response_type: str = ""
    client_id: str = ""
    redirect_uri: str = ""
    scope: str = "read"
    state: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""
    force_login: bool = False
    csrf: str = ""
    decision: str = ""


class AuthorizationRequest(Struct, frozen=True):
    """A valid authorization request."""

    app: AppRow
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None


async def _parse_request(tx: ReadTx, params: AuthorizeParams) -> AuthorizationRequest:
    """Return a valid request.

    Raises InvalidError; errors are not sent to the app, which is unverified yet.
    """
    app = await apps.find_by_client_id(tx, params.client_id)
    if app is None:
        raise InvalidError("client_id", "is not known here. Please start again in the app.")
    if params.redirect_uri not in apps.decode_redirect_uris(app):
        raise InvalidError("redirect_uri", "is not one that the app registered")
    if params.response_type != "code":
        raise InvalidError("response_type", "must be code")
    if params.code_challenge and params.code_challenge_method != "S256":
        raise InvalidError("code_challenge_method", "must be S256")
    if params.code_challenge_method and not 43 <= len(params.code_challenge) <= 128:
        raise InvalidError("code_challenge", "must have 43 to 128 characters")
    try:
        granted = tokens.check_scopes(app, params.scope)
    except DomainError as error:
        raise InvalidError("scope", f"cannot be granted: {error.text}") from error
    return AuthorizationRequest(app, params.redirect_uri, granted, params.code_challenge or None)


@routes.get("/oauth/authorize", html=True, params=AuthorizeParams, audience=EVERYONE)
async def show(call: Call[AuthorizeParams]) -> web.StreamResponse:
    """Show the consent page; members log in first."""
    request = await _parse_request(call.tx, call.params)
    if call.principal is None or call.params.force_login:
        return call.see_other(f"/login?next={quote(_build_url_without_force(call), safe='')}")
    return _render_consent(call, request)


def _build_url_without_force(call: Call[AuthorizeParams]) -> str:
    """Return the URL of this page without `force_login`, which has just been fulfilled."""
    pairs = call.request.query.items()
    return "/oauth/authorize?" + urlencode([pair for pair in pairs if pair[0] != "force_login"])


def _render_consent(call: Call[AuthorizeParams], request: AuthorizationRequest) -> web.Response:
    page = call.render(
        "consent.html",
        app=request.app,
        words=scopes.describe(request.scopes),
        params=call.params,
        scopes=request.scopes,
    )
    # The form is answered with a redirect to the app, which CSP form-action must allow.
    target = urlsplit(normalize_url(request.redirect_uri) or request.redirect_uri)
    web_page = target.scheme in ("http", "https")
    source = f"{target.scheme}://{target.netloc}" if web_page else f"{target.scheme}:"
    if request.redirect_uri != apps.OUT_OF_BAND:
        policy = page.headers["Content-Security-Policy"]
        page.headers["Content-Security-Policy"] = policy.replace(
            "form-action 'self'", f"form-action 'self' {source}"
        )
    return page


@routes.post("/oauth/authorize", html=True, params=AuthorizeParams, audience=EVERYONE)
async def decide(call: Call[AuthorizeParams]) -> web.StreamResponse:
    """Redirect to the app with a code, or with `access_denied`."""
    request = await _parse_request(call.tx, call.params)
    if call.principal is None:
        return call.see_other(f"/login?next={quote(call.request.path_qs, safe='')}")
    if call.params.decision != "allow":
        return _redirect_back(
            call, request, {"error": "access_denied", "error_description": "The request was denied."}
        )
    code = await tokens.grant_code(
        call.tx,
        request.app,
        call.member,
        call.account,
        request.redirect_uri,
        request.scopes,
        request.challenge,
    )
    if request.redirect_uri == apps.OUT_OF_BAND:
        return call.see_other(f"/oauth/authorize/native?code={code}")
    return _redirect_back(call, request, {"code": code})


class CodeParams(Struct, frozen=True):
    """Parameters of the page that shows a code."""

    code: str = ""


@routes.get("/oauth/authorize/native", html=True, auth=USER, params=CodeParams)
async def show_code(call: Call[CodeParams]) -> web.Response:
    """Show the code for an app without a redirect URI, to the member who authorized it."""
    app = await tokens.get_app_by_code(call.tx, call.member, call.params.code)
    page = call.render("code.html", app=app, code=call.params.code)
    page.headers["Cache-Control"] = "no-store"
    return page


def _redirect_back(
    call: Call[AuthorizeParams], request: AuthorizationRequest, answer: dict[str, str]
) -> web.StreamResponse:
    if request.redirect_uri == apps.OUT_OF_BAND:
        return call.render(
            "error.html", status=400, text=gettext("The request was denied. You can close this page.")
        )
    if call.params.state:
        answer = {**answer, "state": call.params.state}
    parts = urlsplit(request.redirect_uri)
    query: list[tuple[str, Any]] = [*parse_qsl(parts.query, keep_blank_values=True), *answer.items()]
    if not parts.netloc:
        # An app's own scheme, perhaps without a host: urlunsplit would change its spelling.
        bare, _, _ = request.redirect_uri.partition("?")
        location = f"{bare}?{urlencode(query)}"
    else:
        location = urlunsplit(parts._replace(query=urlencode(query)))
    return web.Response(
        status=302, headers={"Location": normalize_url(location) or location, "Cache-Control": "no-store"}
    )
