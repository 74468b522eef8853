"""Log-in with a passkey: the authenticator says who it is, and has verified its owner (WebAuthn)."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, login, passkeys, two_factor
from fedserver.domain.kernel import secrets
from fedserver.domain.kernel.errors import DomainError, TooMany
from fedserver.oauth.login import form, too_many
from fedserver.web.endpoint import Call, Routes
from fedserver.web.html import own_page
from fedserver.web.json import json_response

routes = Routes("oauth")
NO_STORE = {"Cache-Control": "no-store"}
WRONG = "This passkey was not accepted. Please log in with your password."


class OptionsParams(Struct, frozen=True):
    """`second`: for the second step of the member who has made the first in this browser."""

    second: bool = False
    csrf: str = ""


class PasskeyParams(Struct, frozen=True):
    credential: str = ""
    next: str = ""
    csrf: str = ""


@routes.post(
    "/login/passkey/options", html=True, params=OptionsParams, tx="own", limit="log_ins", no_csrf=True
)
async def options(call: Call[OptionsParams]) -> web.StreamResponse:
    """What the browser hands to its authenticators."""
    word = call.browser or secrets.new_secret()
    holder = challenges.of_browser(word)
    async with call.services.db.write() as tx:
        asked = await two_factor.asked(tx, holder) if call.params.second else None
        member = asked.member if asked is not None else None
        made = await passkeys.ask(tx, call.site, holder, member, verified=member is None)
    response = json_response(made.encode(), headers=NO_STORE)
    return call.remember(response, word)


@routes.post("/login/passkey", html=True, params=PasskeyParams, tx="own", limit="log_ins", no_csrf=True)
async def log_in(call: Call[PasskeyParams]) -> web.StreamResponse:
    params, token = call.params, ""
    holder = challenges.of_browser(call.browser)
    try:
        async with call.services.db.write() as tx:
            await login.check_attempts(tx, "", call.address)
            member = await passkeys.check(tx, call.site, holder, params.credential, None, verified=True)
            if member is None:
                await login.failed(tx, "", call.address)
            else:
                token = await login.log_in(
                    tx, member, "", call.address, call.user_agent, former=call.session_id
                )
    except TooMany as error:
        return too_many(call, form(call, error.text, 429, next_page=params.next), error)
    except DomainError as error:
        return form(call, error.text, 403, next_page=params.next)
    if not token:
        return form(call, WRONG, 401, next_page=params.next)
    return call.begun(token, own_page(params.next))
