"""Passkeys in the settings: add, name, remove. Adding needs JavaScript; everything else does not."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, passkeys
from fedserver.domain.kernel.errors import DomainError, Invalid
from fedserver.pages.readers import FormParams
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.html import see_other
from fedserver.web.json import json_response

routes = Routes("pages")


class PasskeyParams(Struct, frozen=True):
    name: str = ""
    credential: str = ""
    csrf: str = ""


@routes.get("/settings/passkeys", html=True, who=USER, proved=True, tx="own")
async def show(call: Call[Nothing]) -> web.Response:
    return await _page(call, "")


async def _page(call: Call[Nothing] | Call[PasskeyParams], problem: str) -> web.Response:
    async with call.services.db.read() as tx:
        rows = await passkeys.of_member(tx, call.member)
    return call.render("passkeys.html", status=422 if problem else 200, rows=rows, problem=problem)


def _holder(call: Call[PasskeyParams]) -> str:
    return challenges.of_session(call.session_id or 0)


@routes.post("/settings/passkeys/options", html=True, who=USER, proved=True, params=PasskeyParams)
async def options(call: Call[PasskeyParams]) -> web.Response:
    """What the browser hands to its authenticators."""
    made = await passkeys.ask_new(call.tx, call.site, call.member, call.account, _holder(call))
    return json_response(made.encode(), headers={"Cache-Control": "no-store"})


@routes.post("/settings/passkeys", html=True, who=USER, proved=True, params=PasskeyParams, tx="own")
async def add(call: Call[PasskeyParams]) -> web.StreamResponse:
    params = call.params
    try:
        async with call.services.db.write() as tx:
            await passkeys.add(tx, call.site, call.member, _holder(call), params.credential, params.name)
    except DomainError as error:
        return await _page(call, error.text)
    return see_other("/settings/passkeys")


@routes.post("/settings/passkeys/{id}", html=True, who=USER, proved=True, params=PasskeyParams, tx="own")
async def rename(call: Call[PasskeyParams]) -> web.StreamResponse:
    try:
        async with call.services.db.write() as tx:
            await passkeys.rename(tx, call.member, call.id(), call.params.name)
    except Invalid as error:
        return await _page(call, error.text)
    return see_other("/settings/passkeys")


@routes.post("/settings/passkeys/{id}/remove", html=True, who=USER, proved=True, params=FormParams)
async def remove(call: Call[FormParams]) -> web.StreamResponse:
    await passkeys.remove(call.tx, call.member, call.id())
    return see_other("/settings/passkeys")
