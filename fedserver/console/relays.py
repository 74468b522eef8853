"""Relays: follow one, turn it off and on, forget it."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.console.forms import FormParams
from fedserver.domain.kernel.errors import Invalid, NotFound
from fedserver.domain.peers import relays
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, Nothing, Routes
from fedserver.web.html import see_other

routes = Routes("console")
PATH = "/admin/relays"


class AddParams(Struct, frozen=True):
    csrf: str = ""
    address: str = ""


@routes.get(PATH, html=True, who=MODERATOR)
async def show(call: Call[Nothing]) -> web.Response:
    return call.render("admin/relays.html", relays=await relays.every(call.tx))


@routes.post(PATH, html=True, who=ADMIN, params=AddParams, tx="own")
async def add(call: Call[AddParams]) -> web.Response:
    """By its inbox, as Mastodon does, or by its actor, as LitePub does."""
    address, target = call.params.address.strip(), ""
    if not call.services.policies.allows(relays.host_of(address)):
        raise Invalid("address", "is of a node with which this one does not speak; allow it first")
    if relays.host_of(address) and not relays.is_inbox(address):
        actor = await call.services.resolver.actor(address)
        if actor is None or not actor.domain:
            raise Invalid("address", "leads to no relay")
        address, target = actor.inbox_uri, actor.uri
    async with call.services.db.write() as tx:
        await relays.add(tx, call.site, call.member, address, target)
    return see_other(PATH)


@routes.post(PATH + "/{id}/{verb}", html=True, who=ADMIN, params=FormParams)
async def change(call: Call[FormParams]) -> web.Response:
    match call.text("verb"):
        case "on":
            await relays.turn_on(call.tx, call.site, call.member, call.id())
        case "off":
            await relays.turn_off(call.tx, call.member, call.id())
        case "remove":
            await relays.remove(call.tx, call.member, call.id())
        case _:
            raise NotFound
    return see_other(PATH)
