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


@routes.post(PATH, html=True, who=ADMIN, params=AddParams, tx="own")
async def add(call: Call[AddParams]) -> web.Response:
    """By its inbox, as Mastodon does, or by its actor, as LitePub does."""
    address, target = call.params.address.strip(), ""
    if not call.services.policies.allows(domain.relays.host_of(address)):
        raise domain.Invalid("address", "is of a node with which this one does not speak; allow it first")
    if domain.relays.host_of(address) and not domain.relays.is_inbox(address):
        actor = await call.services.resolver.actor(address)
        if actor is None or not actor.domain:
            raise domain.Invalid("address", "leads to no relay")
        address, target = actor.inbox_uri, actor.uri
    async with call.services.db.write() as tx:
        await domain.relays.add(tx, call.site, call.member, address, target)
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
