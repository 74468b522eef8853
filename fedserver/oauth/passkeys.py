"""Log-in with a passkey that identifies its owner and has verified them (WebAuthn)."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, login, passkeys, two_factor
from fedserver.domain.kernel.errors import DomainError, TooManyRequestsError
from fedserver.oauth.login import render_form, set_retry_after
from fedserver.text.locales import lazy_gettext
from fedserver.web.endpoint import EVERYONE, Call, LongText, Routes
from fedserver.web.html import to_local_path
from fedserver.web.json import json_response

routes = Routes("oauth")
NO_STORE = {"Cache-Control": "no-store"}
WRONG_PASSKEY = lazy_gettext("This passkey was not accepted. Please log in with your password.")


class OptionsParams(Struct, frozen=True):
    """`second` asks for the second step of the member who completed the first one in this browser."""

    second: bool = False
    csrf: str = ""


class PasskeyLoginParams(Struct, frozen=True):
    """The answer of the browser's authenticator, as JSON."""

    credential: LongText = ""
    next: str = ""
    csrf: str = ""


@routes.post(
    "/login/passkey/options",
    html=True,
    params=OptionsParams,
    tx="own",
    no_csrf=True,
    audience=EVERYONE,
)
async def create_options(call: Call[OptionsParams]) -> web.StreamResponse:
    """Return the options for the browser's authenticators, as JSON."""
    prelogin_token = call.start_prelogin()
    holder = challenges.to_browser_holder(prelogin_token)
    async with call.services.db.write() as tx:
        pending = await two_factor.find_pending(tx, holder) if call.params.second else None
        member = pending.member if pending is not None else None
        options = await passkeys.create_authentication_options(
            tx, call.site, holder, member, require_user_verification=member is None
        )
    response = json_response(options.encode(), headers=NO_STORE)
    return call.set_prelogin_token(response, prelogin_token)


@routes.post(
    "/login/passkey",
    html=True,
    params=PasskeyLoginParams,
    tx="own",
    limit="log_ins",
    no_csrf=True,
    audience=EVERYONE,
)
async def log_in(call: Call[PasskeyLoginParams]) -> web.StreamResponse:
    """Log in the owner of a passkey."""
    params, token = call.params, ""
    holder = challenges.to_browser_holder(call.prelogin_token)
    try:
        async with call.services.db.write() as tx:
            await login.count_attempt(tx, "", call.address)
        async with call.services.db.write() as tx:
            member = await passkeys.verify(
                tx, call.site, holder, params.credential, None, require_user_verification=True
            )
            if member is not None:
                await login.take_back_attempt(tx, "", call.address)
                token = await login.log_in(
                    tx, member, "", call.address, call.user_agent, previous_session_id=call.session_id
                )
    except TooManyRequestsError as error:
        return set_retry_after(call, render_form(call, error.text, 429, next_page=params.next), error)
    except DomainError as error:
        return render_form(call, error.text, 403, next_page=params.next)
    if not token:
        return render_form(call, str(WRONG_PASSKEY), 401, next_page=params.next)
    return call.login_response(token, to_local_path(params.next))
