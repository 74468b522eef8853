"""The second step of a log-in: a code of an app, a recovery code, or a passkey.

The browser has a cookie that says which first step it has made; there is no session yet. Failures count
for the member, whatever name was typed, and for the address.
"""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, login, passkeys, two_factor
from fedserver.domain.kernel.errors import DomainError, Forbidden, TooMany
from fedserver.oauth.login import too_many
from fedserver.web.endpoint import Call, Nothing, Routes
from fedserver.web.html import see_other
from storage.engine import Tx

routes = Routes("oauth")
WRONG = "This code is not right, or was used before."


class SecondParams(Struct, frozen=True):
    code: str = ""
    credential: str = ""
    csrf: str = ""


def _holder(call: Call[SecondParams] | Call[Nothing]) -> str:
    return challenges.of_browser(call.browser)


async def _page(
    call: Call[SecondParams] | Call[Nothing], asked: two_factor.Asked, problem: str, status: int
) -> web.Response:
    async with call.services.db.read() as tx:
        state = await two_factor.load(tx, asked.member)
    return call.render("second_step.html", status=status, state=state, problem=problem)


@routes.get("/login/second", html=True, tx="own")
async def show(call: Call[Nothing]) -> web.StreamResponse:
    async with call.services.db.read() as tx:
        asked = await two_factor.asked(tx, _holder(call))
    return await _page(call, asked, "", 200) if asked is not None else see_other("/login")


@routes.post("/login/second", html=True, params=SecondParams, tx="own", limit="log_ins", no_csrf=True)
async def answer(call: Call[SecondParams]) -> web.StreamResponse:
    token = ""
    async with call.services.db.read() as tx:
        asked = await two_factor.asked(tx, _holder(call))
    if asked is None:
        return see_other("/login")
    try:
        async with call.services.db.write() as tx:
            counted = two_factor.counted_as(asked.member)
            await login.check_attempts(tx, counted, call.address)
            if await _is_right(call, tx, asked):
                token = await _finish(call, tx, asked)
            else:
                await login.failed(tx, counted, call.address)
    except TooMany as error:
        return too_many(call, await _page(call, asked, error.text, 429), error)
    except DomainError as error:
        return await _page(call, asked, error.text, 403)
    if not token:
        return await _page(call, asked, WRONG, 401)
    return call.begun(token, asked.typed.next)


async def _is_right(call: Call[SecondParams], tx: Tx, asked: two_factor.Asked) -> bool:
    params = call.params
    if not params.credential:
        return await two_factor.check(tx, asked.member, params.code)
    owner = await passkeys.check(
        tx, call.site, _holder(call), params.credential, asked.member, verified=False
    )
    return owner is not None


async def _finish(call: Call[SecondParams], tx: Tx, asked: two_factor.Asked) -> str:
    """Log in. Raises Forbidden if this browser has just done so, or the member is kept out by now."""
    if not await challenges.finish(tx, asked.row):
        raise Forbidden("You are logged in already.")
    return await login.log_in(
        tx, asked.member, asked.typed.login, call.address, call.user_agent, former=call.session_id
    )
