"""Relays: follow one, turn it off and on, forget it."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver import domain
from fedserver.console.forms import FormParams
from fedserver.http import ADMIN, MODERATOR, Call, Nothing, Routes, see_other

routes = Routes("console")
PATH = "/admin/relays"


class AddParams(Struct, frozen=True):
    csrf: str = ""
    address: str = ""


@routes.get(PATH, html=True, who=MODERATOR)
async def show(call: Call[Nothing]) -> web.Response:
    return call.render("admin/relays.html", relays=await domain.relays.every(call.tx))


@routes.post(PATH, html=True, who=ADMIN, params=AddParams)
async def add(call: Call[AddParams]) -> web.Response:
    if not call.services.policies.allows(domain.relays.host_of(call.params.address)):
        raise domain.Invalid("address", "is of a node with which this one does not speak; allow it first")
    await domain.relays.add(call.tx, call.site, call.member, call.params.address)
    return see_other(PATH)


@routes.post(PATH + "/{id}/{verb}", html=True, who=ADMIN, params=FormParams)
async def change(call: Call[FormParams]) -> web.Response:
    match call.text("verb"):
        case "on":
            await domain.relays.turn_on(call.tx, call.site, call.member, call.id())
        case "off":
            await domain.relays.turn_off(call.tx, call.member, call.id())
        case "remove":
            await domain.relays.remove(call.tx, call.member, call.id())
        case _:
            raise domain.NotFound
    return see_other(PATH)
