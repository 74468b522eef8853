"""Log-in and log-out: plain forms; a new session each time; attempts are counted by login and address.

Members with a second step complete it on the next page (`two_factor`), before there is a session.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import structlog
from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, login, sessions, two_factor
from fedserver.domain.kernel.errors import DomainError, TooManyRequestsError
from fedserver.integrations.oidc import ProviderError
from fedserver.text.locales import lazy_gettext
from fedserver.web import session
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes
from fedserver.web.html import to_local_path, to_origin
from storage.engine import Tx
from storage.rows.auth import MemberRow

routes = Routes("oauth")
log = structlog.stdlib.get_logger("fedserver.oauth")
# The same for an unknown name: it must not reveal who is a member.
WRONG_PASSWORD = lazy_gettext("The name, address or password is not right. Please try again.")


class LoginParams(Struct, frozen=True):
    """The login form; `email` and `username` both take either."""

    email: str = ""
    username: str = ""
    password: str = ""
    next: str = ""
    csrf: str = ""


class LogoutParams(Struct, frozen=True):
    """The logout form."""

    csrf: str = ""


@routes.get("/login", html=True, params=LoginParams, tx="own", allow_suspended=True, audience=EVERYONE)
async def show(call: Call[LoginParams]) -> web.Response:
    """Show the login form; suspended members get to the decisions about them."""
    if call.principal is not None and call.principal.is_suspended:
        return call.see_other("/settings/decisions")
    return render_form(call, "", 200, next_page=call.params.next)


@routes.get("/auth/sign_in", html=True, tx="own", audience=EVERYONE)
async def redirect_sign_in(call: Call[NoParams]) -> web.StreamResponse:
    """Redirect from Mastodon's login page, which some programs expect."""
    query = call.request.query.get("next", "")
    return call.see_other("/login" + (f"?{urlencode({'next': query})}" if query else ""))


def render_form(
    call: Call[Any], problem: str, status: int, *, name: str = "", next_page: str = ""
) -> web.Response:
    """Render the login page, with an error message or ''."""
    page = to_local_path(next_page)
    return call.render("login.html", status=status, problem=problem, next=page, login=name)


def set_retry_after(call: Call[Any], refused: web.Response, error: TooManyRequestsError) -> web.Response:
    """Return the response with a Retry-After header."""
    seconds = max(1, (error.retry_at - call.services.db.clock()) // 1000)
    refused.headers["Retry-After"] = str(seconds)
    return refused


@routes.post(
    "/login", html=True, params=LoginParams, tx="own", limit="log_ins", no_csrf=True, audience=EVERYONE
)
async def log_in(call: Call[LoginParams]) -> web.StreamResponse:
    """Check the password and log in, or continue with the second step."""
    params, services = call.params, call.services
    name = (params.email or params.username).strip()
    fields = {"name": params.email or params.username, "next_page": params.next}
    response: web.StreamResponse | None = None
    try:
        async with services.db.write() as tx:
            await login.count_attempt(tx, name, call.address)
            member = await login.find_member(tx, name)
        password_hash = member.password_hash if member is not None else None
        is_right = await services.passwords.verify(password_hash, params.password)
        if member is not None and is_right:
            async with services.db.write() as tx:
                # In a transaction of its own: it was right, also if this member may not log in.
                await login.take_back_attempt(tx, name, call.address)
            async with services.db.write() as tx:
                response = await _continue_login(call, tx, member, name)
    except TooManyRequestsError as error:
        return set_retry_after(call, render_form(call, error.text, 429, **fields), error)
    except DomainError as error:
        return render_form(call, error.text, 403, **fields)
    return response or render_form(call, str(WRONG_PASSWORD), 401, **fields)


async def _continue_login(
    call: Call[LoginParams], tx: Tx, member: MemberRow, name: str
) -> web.StreamResponse:
    """Start a session after the right password, or ask for the second step."""
    target = to_local_path(call.params.next)
    if not await two_factor.is_enabled(tx, member):
        token = await login.log_in(
            tx, member, name, call.address, call.user_agent, previous_session_id=call.session_id
        )
        return call.login_response(token, target)
    login.check_can_log_in(member)
    prelogin_token = call.start_prelogin()
    await two_factor.start(tx, member, challenges.to_browser_holder(prelogin_token), name, target)
    response = call.see_other("/login/second")
    return call.set_prelogin_token(response, prelogin_token)


@routes.post("/logout", html=True, params=LogoutParams, tx="own", allow_suspended=True, audience=EVERYONE)
async def log_out(call: Call[LogoutParams]) -> web.StreamResponse:
    """End the session; one that the identity provider opened ends there as well."""
    id_token: str | None = None
    if call.session_id is not None:
        async with call.services.db.write() as tx:
            id_token = await sessions.find_provider_login(tx, call.session_id, call.services.secret_box)
            await sessions.end(tx, call.session_id)
    target = await _build_provider_logout_url(call, id_token) if id_token is not None else ""
    if not target or to_origin(target) == to_origin(call.site.config.oidc.issuer):
        response = call.see_other(target or "/")
    else:
        # Browsers do not let a form redirect to an origin that no page could name (CSP form-action).
        response = call.render("logged_out.html", me=None, csrf="", target=target)
    session.delete_cookie(response, call.site)
    session.clear_device(response)
    return response


async def _build_provider_logout_url(call: Call[LogoutParams], id_token: str) -> str:
    """Return where the login at the provider ends, '' if it cannot be ended there."""
    provider = call.services.oidc_provider
    if provider is None:
        return ""
    try:
        return await provider.build_logout_url(id_token, f"{call.site.links.base}/")
    except ProviderError as error:
        log.warning("provider_failed", reason=str(error))
        return ""
