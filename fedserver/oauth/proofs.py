"""Proving again who one is, before what protects an account is changed: by password, passkey or provider."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, identities, login, passkeys, sessions
from fedserver.domain.kernel.errors import TooMany
from fedserver.oauth.login import too_many
from fedserver.web.endpoint import USER, Call, Routes
from fedserver.web.html import own_page, see_other
from fedserver.web.json import json_response

routes = Routes("oauth")
WRONG = "This is not right. Please try again."


class AgainParams(Struct, frozen=True):
    password: str = ""
    credential: str = ""
    next: str = ""
    csrf: str = ""


def _holder(call: Call[AgainParams]) -> str:
    return challenges.of_session(call.session_id or 0)


async def _page(call: Call[AgainParams], problem: str, status: int) -> web.Response:
    async with call.services.db.read() as tx:
        passkey_rows = await passkeys.of_member(tx, call.member)
        identity_rows = await identities.of_member(tx, call.member)
    return call.render(
        "again.html",
        status=status,
        problem=problem,
        next=own_page(call.params.next, "/settings/security"),
        password=bool(call.member.password_hash),
        passkeys=bool(passkey_rows),
        provider=bool(identity_rows) and call.services.provider is not None,
    )


@routes.get("/login/again", html=True, who=USER, params=AgainParams, tx="own")
async def show(call: Call[AgainParams]) -> web.Response:
    return await _page(call, "", 200)


@routes.post("/login/again/options", html=True, who=USER, params=AgainParams, tx="own", limit="log_ins")
async def options(call: Call[AgainParams]) -> web.Response:
    """What the browser hands to its authenticators."""
    async with call.services.db.write() as tx:
        made = await passkeys.ask(tx, call.site, _holder(call), call.member, verified=True)
    return json_response(made.encode(), headers={"Cache-Control": "no-store"})


@routes.post("/login/again", html=True, who=USER, params=AgainParams, tx="own", limit="log_ins")
async def prove(call: Call[AgainParams]) -> web.StreamResponse:
    params, services, name = call.params, call.services, call.account.username
    try:
        async with services.db.read() as tx:
            await login.check_attempts(tx, name, call.address)
        right = not params.credential and await services.passwords.verify(
            call.member.password_hash, params.password
        )
        async with services.db.write() as tx:
            if params.credential:
                owner = await passkeys.check(
                    tx, call.site, _holder(call), params.credential, call.member, verified=True
                )
                right = owner is not None
            if right and call.session_id is not None:
                await sessions.prove(tx, call.session_id)
            else:
                await login.failed(tx, name, call.address)
    except TooMany as error:
        return too_many(call, await _page(call, error.text, 429), error)
    if not right:
        return await _page(call, WRONG, 401)
    return see_other(own_page(params.next, "/settings/security"))
