"""Proving again who one is, before what protects an account is changed: by password, passkey or provider."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver import domain
from fedserver.http import USER, Call, Routes, json_response, own_page, see_other
from fedserver.oauth.login import too_many

routes = Routes("oauth")
WRONG = "This is not right. Please try again."


class AgainParams(Struct, frozen=True):
    password: str = ""
    credential: str = ""
    next: str = ""
    csrf: str = ""


def _holder(call: Call[AgainParams]) -> str:
    return domain.challenges.of_session(call.session_id or 0)


async def _page(call: Call[AgainParams], problem: str, status: int) -> web.Response:
    async with call.services.db.read() as tx:
        passkeys = await domain.passkeys.of_member(tx, call.member)
        identities = await domain.identities.of_member(tx, call.member)
    return call.render(
        "again.html",
        status=status,
        problem=problem,
        next=own_page(call.params.next, "/settings/security"),
        password=bool(call.member.password_hash),
        passkeys=bool(passkeys),
        provider=bool(identities) and call.services.provider is not None,
    )


@routes.get("/login/again", html=True, who=USER, params=AgainParams, tx="own")
async def show(call: Call[AgainParams]) -> web.Response:
    return await _page(call, "", 200)


@routes.post("/login/again/options", html=True, who=USER, params=AgainParams, tx="own", limit="log_ins")
async def options(call: Call[AgainParams]) -> web.Response:
    """What the browser hands to its authenticators."""
    async with call.services.db.write() as tx:
        made = await domain.passkeys.ask(tx, call.site, _holder(call), call.member, verified=True)
    return json_response(made.encode(), headers={"Cache-Control": "no-store"})


@routes.post("/login/again", html=True, who=USER, params=AgainParams, tx="own", limit="log_ins")
async def prove(call: Call[AgainParams]) -> web.StreamResponse:
    params, services, name = call.params, call.services, call.account.username
    try:
        async with services.db.read() as tx:
            await domain.log_ins.check_attempts(tx, name, call.address)
        right = not params.credential and await services.passwords.verify(
            call.member.password_hash, params.password
        )
        async with services.db.write() as tx:
            if params.credential:
                owner = await domain.passkeys.check(
                    tx, call.site, _holder(call), params.credential, call.member, verified=True
                )
                right = owner is not None
            if right and call.session_id is not None:
                await domain.sessions.prove(tx, call.session_id)
            else:
                await domain.log_ins.failed(tx, name, call.address)
    except domain.TooMany as error:
        return too_many(call, await _page(call, error.text, 429), error)
    if not right:
        return await _page(call, WRONG, 401)
    return see_other(own_page(params.next, "/settings/security"))
