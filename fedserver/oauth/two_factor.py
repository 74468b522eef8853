"""The second step of a login: a code of an authenticator app, a recovery code, or a passkey.

A cookie identifies the first step that the browser completed; there is no session yet. Attempts are counted
for the member, whatever login was typed, and for the address.
"""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, login, passkeys, two_factor
from fedserver.domain.kernel.errors import DomainError, ForbiddenError, TooManyRequestsError
from fedserver.oauth.login import set_retry_after
from fedserver.text.locales import gettext, lazy_gettext
from fedserver.web.endpoint import EVERYONE, Call, LongText, NoParams, Routes
from storage.engine import Tx

routes = Routes("oauth")
WRONG_CODE = lazy_gettext("This code is not right, or was used before. Please try again.")


class TwoFactorParams(Struct, frozen=True):
    """The form of the second step."""

    code: str = ""
    credential: LongText = ""
    csrf: str = ""


def _get_holder(call: Call[TwoFactorParams] | Call[NoParams]) -> str:
    return challenges.to_browser_holder(call.prelogin_token)


async def _render_page(
    call: Call[TwoFactorParams] | Call[NoParams],
    pending: two_factor.PendingTwoFactor,
    problem: str,
    status: int,
) -> web.Response:
    async with call.services.db.read() as tx:
        state = await two_factor.load_state(tx, pending.member)
    return call.render("second_step.html", status=status, state=state, problem=problem)


@routes.get("/login/second", html=True, tx="own", audience=EVERYONE)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    """Show the form of the second step."""
    async with call.services.db.read() as tx:
        pending = await two_factor.find_pending(tx, _get_holder(call))
    return await _render_page(call, pending, "", 200) if pending is not None else call.see_other("/login")


@routes.post(
    "/login/second",
    html=True,
    params=TwoFactorParams,
    tx="own",
    limit="log_ins",
    no_csrf=True,
    audience=EVERYONE,
)
async def submit(call: Call[TwoFactorParams]) -> web.StreamResponse:
    """Check a code or passkey, and log in."""
    token = ""
    async with call.services.db.read() as tx:
        pending = await two_factor.find_pending(tx, _get_holder(call))
    if pending is None:
        return call.see_other("/login")
    try:
        async with call.services.db.write() as tx:
            await login.count_attempt(tx, two_factor.to_attempts_key(pending.member), call.address)
        async with call.services.db.write() as tx:
            if await _is_proof_valid(call, tx, pending):
                token = await _finish(call, tx, pending)
    except TooManyRequestsError as error:
        return set_retry_after(call, await _render_page(call, pending, error.text, 429), error)
    except DomainError as error:
        return await _render_page(call, pending, error.text, 403)
    if not token:
        return await _render_page(call, pending, str(WRONG_CODE), 401)
    return call.login_response(token, pending.first_step.next)


async def _is_proof_valid(call: Call[TwoFactorParams], tx: Tx, pending: two_factor.PendingTwoFactor) -> bool:
    params = call.params
    if not params.credential:
        return await two_factor.verify_code(tx, pending.member, params.code)
    owner = await passkeys.verify(
        tx, call.site, _get_holder(call), params.credential, pending.member, require_user_verification=False
    )
    return owner is not None


async def _finish(call: Call[TwoFactorParams], tx: Tx, pending: two_factor.PendingTwoFactor) -> str:
    """Start a session. Raises ForbiddenError if this browser has logged in already, or the member may not."""
    if not await challenges.consume_pending(tx, pending.row):
        raise ForbiddenError(gettext("You are logged in already."))
    await login.take_back_attempt(tx, two_factor.to_attempts_key(pending.member), call.address)
    return await login.log_in(
        tx,
        pending.member,
        pending.first_step.login,
        call.address,
        call.user_agent,
        previous_session_id=call.session_id,
    )
