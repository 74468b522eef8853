"""Log-in with the organization's identity provider (OpenID Connect Core 1.0).

The flow is bound to the browser by a cookie, an unguessable state and a nonce in the signed ID token; nothing
else that the browser brings back is trusted.
"""

from __future__ import annotations

import structlog
from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, identities, sessions
from fedserver.domain.kernel.errors import DomainError, ForbiddenError, NotFoundError
from fedserver.domain.registration import oidc_signup
from fedserver.integrations.oidc import MAX_REAUTH_AGE_S, OidcProvider, ProviderError, ProviderLogin
from fedserver.oauth.login import render_form
from fedserver.text.locales import gettext
from fedserver.web.endpoint import EVERYONE, USER, Call, NoParams, Routes
from fedserver.web.html import to_local_path

routes = Routes("oauth")
log = structlog.stdlib.get_logger("fedserver.oauth")
CALLBACK_PATH = "/login/provider/back"


class ProviderLoginParams(Struct, frozen=True):
    """Parameters of a login: the page to continue with; `again` forces a new login at the provider."""

    next: str = ""
    again: bool = False


class ProviderCallbackParams(Struct, frozen=True):
    """Parameters of the provider's redirect."""

    code: str = ""
    state: str = ""
    iss: str = ""
    error: str = ""


class ProviderJoinParams(Struct, frozen=True):
    """Parameters of the form in which a new member chooses a username."""

    username: str = ""
    csrf: str = ""


def _get_provider(
    call: Call[ProviderLoginParams] | Call[ProviderCallbackParams] | Call[NoParams],
) -> OidcProvider:
    if call.services.oidc_provider is None:
        raise NotFoundError
    return call.services.oidc_provider


def _build_callback_url(
    call: Call[ProviderLoginParams] | Call[ProviderCallbackParams] | Call[NoParams],
) -> str:
    return call.site.links.base + CALLBACK_PATH


async def _redirect_to_provider(
    call: Call[ProviderLoginParams] | Call[NoParams],
    target: str,
    *,
    reauthenticate: bool,
    connects: int | None,
) -> web.StreamResponse:
    provider = _get_provider(call)
    prelogin_token = call.start_prelogin()
    async with call.services.db.write() as tx:
        holder = challenges.to_browser_holder(prelogin_token)
        state, flow = await identities.start_flow(
            tx, holder, target, reauthenticate=reauthenticate, connecting_member_id=connects
        )
    try:
        address = await provider.build_login_url(
            _build_callback_url(call),
            state,
            flow.nonce,
            flow.verifier,
            force_login=reauthenticate or connects is not None,
        )
    except ProviderError as error:
        return _render_failure(call, error)
    response = call.see_other(address)
    return call.set_prelogin_token(response, prelogin_token)


def _render_failure(
    call: Call[ProviderLoginParams] | Call[ProviderCallbackParams] | Call[NoParams], error: ProviderError
) -> web.Response:
    log.warning("provider_failed", reason=str(error))
    title = call.site.config.oidc.title
    return render_form(
        call,
        gettext("The login with %(provider)s did not work. Please try again in a moment.", provider=title),
        502,
    )


@routes.get("/login/provider", html=True, params=ProviderLoginParams, tx="own", audience=EVERYONE)
async def start_login(call: Call[ProviderLoginParams]) -> web.StreamResponse:
    """Send the browser to the provider to log in."""
    return await _redirect_to_provider(
        call, to_local_path(call.params.next), reauthenticate=call.params.again, connects=None
    )


@routes.get("/settings/provider/connect", html=True, auth=USER, requires_recent_auth=True, tx="own")
async def connect(call: Call[NoParams]) -> web.StreamResponse:
    """Send the browser to the provider to connect an identity to the member's account."""
    return await _redirect_to_provider(
        call, "/settings/security?done=1", reauthenticate=False, connects=call.member.id
    )


@routes.get(
    CALLBACK_PATH, html=True, params=ProviderCallbackParams, tx="own", limit="log_ins", audience=EVERYONE
)
async def finish_login(call: Call[ProviderCallbackParams]) -> web.StreamResponse:
    """Handle the provider's redirect: log in, connect, or continue with sign-up."""
    params, site, provider = call.params, call.site, _get_provider(call)
    holder = challenges.to_browser_holder(call.prelogin_token)
    try:
        async with call.services.db.write() as tx:
            flow = await identities.finish_flow(tx, holder, params.state)
        if params.error or not params.code:
            problem = gettext(
                "%(provider)s did not log you in. Please try again.", provider=site.config.oidc.title
            )
            return render_form(call, problem, 403)
        # RFC 9207: a response of another provider must not be accepted (mix-up attack).
        if params.iss not in ("", (await provider.discover()).issuer):
            raise ProviderError(f"the answer came from {params.iss[:200]!r}")
        login = await provider.fetch_login(_build_callback_url(call), params.code, flow.nonce, flow.verifier)
        return await _complete(call, flow, login, holder)
    except ProviderError as error:
        return _render_failure(call, error)
    except DomainError as error:
        return render_form(call, error.text, 403)


async def _complete(
    call: Call[ProviderCallbackParams],
    flow: identities.OidcFlow,
    login: ProviderLogin,
    holder: str,
) -> web.StreamResponse:
    """Connect the identity, log its member in, or let a new member choose a username."""
    identity = identities.parse_claims(call.site, login.claims)
    async with call.services.db.write() as tx:
        if flow.is_reauthentication and tx.now - identity.proved_at > (MAX_REAUTH_AGE_S + 60) * 1000:
            raise ForbiddenError(
                gettext(
                    "%(provider)s did not ask you to log in again. Please try again.",
                    provider=call.site.config.oidc.title,
                )
            )
        if flow.connects is not None:
            if call.principal is None or call.member.id != flow.connects:
                raise ForbiddenError(
                    gettext("Please log in first, and connect your account in the settings.")
                )
            await identities.connect(tx, call.member, identity)
            return call.see_other(flow.next)
        member = await identities.find_member(tx, call.site, identity)
        if member is None:
            await oidc_signup.begin(tx, call.site, holder, identity)
            return call.see_other("/login/provider/join")
        token = await identities.log_in(tx, call.site, member, identity, _describe_client(call))
        await sessions.record_provider_login(tx, token, call.services.secret_box, login.id_token)
    return call.login_response(token, flow.next)


def _describe_client(call: Call[ProviderCallbackParams] | Call[ProviderJoinParams]) -> identities.LoginClient:
    return identities.LoginClient(call.address, call.user_agent, call.session_id)


@routes.get("/login/provider/join", html=True, audience=EVERYONE)
async def show_join(call: Call[NoParams]) -> web.Response:
    """Show the form in which a new member chooses a username."""
    holder = challenges.to_browser_holder(call.prelogin_token)
    identity = await oidc_signup.get_pending(call.tx, holder)
    return call.render(
        "newcomer.html", who=identity, username=oidc_signup.suggest_username(identity), problem=""
    )


@routes.post(
    "/login/provider/join",
    html=True,
    params=ProviderJoinParams,
    tx="own",
    limit="log_ins",
    no_csrf=True,
    audience=EVERYONE,
)
async def join(call: Call[ProviderJoinParams]) -> web.StreamResponse:
    """Create a member for the identity, and log them in if their address is confirmed."""
    username = call.params.username.strip()
    holder = challenges.to_browser_holder(call.prelogin_token)
    async with call.services.db.read() as tx:
        identity = await oidc_signup.get_pending(tx, holder)
    new_keys = await call.services.generate_keys()
    try:
        async with call.services.db.write() as tx:
            member, identity = await oidc_signup.join(tx, call.site, holder, username, new_keys)
    except DomainError as error:
        return call.render("newcomer.html", status=422, who=identity, username=username, problem=error.text)
    if member.email_confirmed_at is None:
        return call.render("waiting.html", what="mail", email=member.email)
    async with call.services.db.write() as tx:
        token = await identities.log_in(tx, call.site, member, identity, _describe_client(call))
    return call.login_response(token, "/welcome")
