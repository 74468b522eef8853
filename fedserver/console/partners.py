"""Partners: offer an agreement to another node, answer one, end one."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.console.forms import FormParams
from fedserver.domain.kernel.errors import Invalid, NotFound
from fedserver.domain.peers import partners
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, Routes
from fedserver.web.html import see_other

routes = Routes("console")
PATH = "/admin/partners"


class DomainParams(Struct, frozen=True):
    domain: str = ""


class OfferParams(Struct, frozen=True):
    csrf: str = ""
    domain: str = ""
    scopes: list[str] = []
    message: str = ""


class OpenParams(Struct, frozen=True):
    csrf: str = ""
    address: str = ""


@routes.get(PATH, html=True, who=MODERATOR, params=DomainParams)
async def show(call: Call[DomainParams]) -> web.Response:
    rows = await partners.every(call.tx)
    return call.render(
        "admin/partners.html",
        asking=[row for row in rows if row.state == partners.OFFERED and not row.ours],
        asked=[row for row in rows if row.state == partners.OFFERED and row.ours],
        agreed=[row for row in rows if row.state == partners.AGREED],
        past=[row for row in rows if row.state in (partners.DECLINED, partners.ENDED)],
        scopes_of=partners.scopes_of,
        scopes=partners.SCOPES,
        name=call.params.domain,
    )


@routes.post(PATH, html=True, who=ADMIN, params=OfferParams, tx="own")
async def offer(call: Call[OfferParams]) -> web.Response:
    params = call.params
    partners.checked_scopes(params.scopes)
    node = await call.services.resolver.node_actor(params.domain, unasked=False)
    if node is None:
        raise Invalid("domain", "does not answer as a node with an actor of its own, or is blocked")
    async with call.services.db.write() as tx:
        await partners.offer(tx, call.site, call.member, node, params.scopes, params.message)
    return see_other(PATH)


@routes.post(PATH + "/open", html=True, who=ADMIN, params=OpenParams, tx="own")
async def open_offer(call: Call[OpenParams]) -> web.Response:
    """Read an offer at its address: so it comes in where only allowed peers may send."""
    found = await call.services.resolver.offer(call.params.address.strip())
    if found is None:
        raise Invalid("address", "leads to no offer for this node")
    node, uri, offered = found
    async with call.services.db.write() as tx:
        await partners.receive_offer(tx, call.site, node, uri, offered.scopes, offered.message)
    return see_other(PATH)


@routes.post(PATH + "/{id}/{verb}", html=True, who=ADMIN, params=FormParams)
async def change(call: Call[FormParams]) -> web.Response:
    match call.text("verb"):
        case "accept":
            await partners.answer(call.tx, call.site, call.member, call.id(), accepted=True)
        case "decline":
            await partners.answer(call.tx, call.site, call.member, call.id(), accepted=False)
        case "end":
            await partners.end(call.tx, call.member, call.id(), call.params.reason)
        case _:
            raise NotFound
    return see_other(PATH)
