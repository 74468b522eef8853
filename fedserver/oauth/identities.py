"""Log-in with the organization's identity provider (OpenID Connect Core 1.0): there and back.

The way is bound to the browser by a cookie, an unguessable state and a nonce in the signed answer; nothing
else that comes back by the browser is believed.
"""

from __future__ import annotations

import structlog
from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, identities
from fedserver.domain.kernel import secrets
from fedserver.domain.kernel.errors import DomainError, Forbidden, NotFound
from fedserver.domain.registration import oidc_signup
from fedserver.integrations.oidc import AGAIN_SECONDS, Provider, ProviderError
from fedserver.oauth.login import form
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.html import own_page, see_other

routes = Routes("oauth")
log = structlog.stdlib.get_logger("fedserver.oauth")
BACK = "/login/provider/back"


class OutParams(Struct, frozen=True):
    next: str = ""
    again: bool = False


class BackParams(Struct, frozen=True):
    code: str = ""
    state: str = ""
    iss: str = ""
    error: str = ""


class JoinParams(Struct, frozen=True):
    username: str = ""
    csrf: str = ""


def _provider(call: Call[OutParams] | Call[BackParams] | Call[Nothing]) -> Provider:
    if call.services.provider is None:
        raise NotFound
    return call.services.provider


def _back(call: Call[OutParams] | Call[BackParams] | Call[Nothing]) -> str:
    return call.site.links.base + BACK


async def _out(
    call: Call[OutParams] | Call[Nothing], target: str, *, again: bool, connects: int | None
) -> web.StreamResponse:
    provider = _provider(call)
    word = call.browser or secrets.new_secret()
    async with call.services.db.write() as tx:
        holder = challenges.of_browser(word)
        state, trip = await identities.set_out(tx, holder, target, again=again, connects=connects)
    try:
        address = await provider.log_in_address(
            _back(call), state, trip.nonce, trip.verifier, again=again or connects is not None
        )
    except ProviderError as error:
        return _failed(call, error)
    response = see_other(address)
    return call.remember(response, word)


def _failed(call: Call[OutParams] | Call[BackParams] | Call[Nothing], error: ProviderError) -> web.Response:
    log.warning("provider_failed", reason=str(error))
    title = call.site.config.oidc.title
    return form(call, f"The log-in with {title} did not work. Please try again in a moment.", 502)


@routes.get("/login/provider", html=True, params=OutParams, tx="own", limit="log_ins")
async def out(call: Call[OutParams]) -> web.StreamResponse:
    return await _out(call, own_page(call.params.next), again=call.params.again, connects=None)


@routes.get("/settings/provider/connect", html=True, who=USER, proved=True, tx="own", limit="log_ins")
async def connect(call: Call[Nothing]) -> web.StreamResponse:
    return await _out(call, "/settings/security?done=1", again=False, connects=call.member.id)


@routes.get(BACK, html=True, params=BackParams, tx="own", limit="log_ins")
async def back(call: Call[BackParams]) -> web.StreamResponse:
    params, site, provider = call.params, call.site, _provider(call)
    holder = challenges.of_browser(call.browser)
    try:
        async with call.services.db.write() as tx:
            trip = await identities.come_back(tx, holder, params.state)
        if params.error or not params.code:
            return form(call, f"You were not logged in by {site.config.oidc.title}.", 403)
        # RFC 9207: an answer of another provider is not taken for this one's.
        if params.iss not in ("", (await provider.discover()).issuer):
            raise ProviderError(f"the answer came from {params.iss[:200]!r}")
        claims = await provider.claims(_back(call), params.code, trip.nonce, trip.verifier)
        return await _arrived(call, trip, identities.person(site, claims), holder)
    except ProviderError as error:
        return _failed(call, error)
    except DomainError as error:
        return form(call, error.text, 403)


async def _arrived(
    call: Call[BackParams], trip: identities.Trip, who: identities.Person, holder: str
) -> web.StreamResponse:
    """The provider told who it is: connect, log in, or let a newcomer choose a name."""
    async with call.services.db.write() as tx:
        if trip.again and tx.now - who.proved_at > (AGAIN_SECONDS + 60) * 1000:
            raise Forbidden(f"{call.site.config.oidc.title} did not ask you to log in anew.")
        if trip.connects is not None:
            if call.caller is None or call.member.id != trip.connects:
                raise Forbidden("Please log in first, and connect your account in the settings.")
            await identities.connect(tx, call.member, who)
            return see_other(trip.next)
        member = await identities.find(tx, call.site, who)
        if member is None:
            await oidc_signup.welcome(tx, call.site, holder, who)
            return see_other("/login/provider/join")
        token = await identities.log_in(tx, call.site, member, who, call.user_agent, former=call.session_id)
    return call.begun(token, trip.next)


@routes.get("/login/provider/join", html=True)
async def show_join(call: Call[Nothing]) -> web.Response:
    holder = challenges.of_browser(call.browser)
    who = await oidc_signup.waiting(call.tx, holder)
    return call.render("newcomer.html", who=who, username=oidc_signup.suggested(who), problem="")


@routes.post("/login/provider/join", html=True, params=JoinParams, tx="own", limit="sign_ups", no_csrf=True)
async def join(call: Call[JoinParams]) -> web.StreamResponse:
    username = call.params.username.strip()
    holder = challenges.of_browser(call.browser)
    async with call.services.db.read() as tx:
        who = await oidc_signup.waiting(tx, holder)
    new = await call.services.new_keys()
    try:
        async with call.services.db.write() as tx:
            member, who = await oidc_signup.join(tx, call.site, holder, username, new)
    except DomainError as error:
        return call.render("newcomer.html", status=422, who=who, username=username, problem=error.text)
    if member.email_confirmed_at is None:
        return call.render("waiting.html", what="mail", email=member.email)
    async with call.services.db.write() as tx:
        token = await identities.log_in(tx, call.site, member, who, call.user_agent, former=call.session_id)
    return call.begun(token, "/settings/profile?welcome=1")
