"""Passkeys in the settings: add, rename, remove. Only adding needs JavaScript."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, passkeys
from fedserver.domain.kernel.errors import DomainError, InvalidError
from fedserver.web.endpoint import USER, Call, FormParams, LongText, NoParams, Question, Routes
from fedserver.web.json import json_response

routes = Routes("pages")


class PasskeyFormParams(Struct, frozen=True):
    name: str = ""
    credential: LongText = ""
    csrf: str = ""


@routes.get("/settings/passkeys", html=True, auth=USER, requires_recent_auth=True, tx="own")
async def show(call: Call[NoParams]) -> web.Response:
    return await _render_page(call, "")


async def _render_page(call: Call[NoParams] | Call[PasskeyFormParams], problem: str) -> web.Response:
    async with call.services.db.read() as tx:
        rows = await passkeys.list_by_member(tx, call.member)
    return call.render("passkeys.html", status=422 if problem else 200, rows=rows, problem=problem)


def _challenge_key(call: Call[PasskeyFormParams]) -> str:
    return challenges.to_session_holder(call.session_id or 0)


@routes.post(
    "/settings/passkeys/options", html=True, auth=USER, requires_recent_auth=True, params=PasskeyFormParams
)
async def create_options(call: Call[PasskeyFormParams]) -> web.Response:
    """Return the options that the browser passes to its authenticators."""
    options = await passkeys.create_registration_options(
        call.tx, call.site, call.member, call.account, _challenge_key(call)
    )
    return json_response(options.encode(), headers={"Cache-Control": "no-store"})


@routes.post(
    "/settings/passkeys", html=True, auth=USER, requires_recent_auth=True, params=PasskeyFormParams, tx="own"
)
async def add(call: Call[PasskeyFormParams]) -> web.StreamResponse:
    params = call.params
    try:
        async with call.services.db.write() as tx:
            await passkeys.register(
                tx, call.site, call.member, _challenge_key(call), params.credential, params.name
            )
    except DomainError as error:
        return await _render_page(call, error.message)
    return call.see_other("/settings/passkeys")


@routes.post(
    "/settings/passkeys/{id}",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=PasskeyFormParams,
    tx="own",
)
async def rename(call: Call[PasskeyFormParams]) -> web.StreamResponse:
    try:
        async with call.services.db.write() as tx:
            await passkeys.rename(tx, call.member, call.id(), call.params.name)
    except InvalidError as error:
        return await _render_page(call, error.message)
    return call.see_other("/settings/passkeys")


@routes.post(
    "/settings/passkeys/{id}/remove",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=FormParams,
    question=Question("Remove this passkey? You can no longer log in with it."),
)
async def remove(call: Call[FormParams]) -> web.StreamResponse:
    await passkeys.remove(call.tx, call.member, call.id())
    return call.see_other("/settings/passkeys")
