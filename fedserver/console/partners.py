"""Partners: offer an agreement to another node, answer one, end one."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver import domain
from fedserver.console.forms import FormParams
from fedserver.http import ADMIN, MODERATOR, Call, Routes, see_other

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
    rows = await domain.partners.every(call.tx)
    return call.render(
        "admin/partners.html",
        asking=[row for row in rows if row.state == domain.partners.OFFERED and not row.ours],
        asked=[row for row in rows if row.state == domain.partners.OFFERED and row.ours],
        agreed=[row for row in rows if row.state == domain.partners.AGREED],
        past=[row for row in rows if row.state in (domain.partners.DECLINED, domain.partners.ENDED)],
        scopes_of=domain.partners.scopes_of,
        scopes=domain.partners.SCOPES,
        name=call.params.domain,
    )


@routes.post(PATH, html=True, who=ADMIN, params=OfferParams, tx="own")
async def offer(call: Call[OfferParams]) -> web.Response:
    params = call.params
    domain.partners.checked_scopes(params.scopes)
    node = await call.services.resolver.node_actor(params.domain, unasked=False)
    if node is None:
        raise domain.Invalid("domain", "does not answer as a node with an actor of its own, or is blocked")
    async with call.services.db.write() as tx:
        await domain.partners.offer(tx, call.site, call.member, node, params.scopes, params.message)
    return see_other(PATH)


@routes.post(PATH + "/open", html=True, who=ADMIN, params=OpenParams, tx="own")
async def open_offer(call: Call[OpenParams]) -> web.Response:
    """Read an offer at its address: so it comes in where only allowed peers may send."""
    found = await call.services.resolver.offer(call.params.address.strip())
    if found is None:
        raise domain.Invalid("address", "leads to no offer for this node")
    node, uri, offered = found
    async with call.services.db.write() as tx:
        await domain.partners.receive_offer(tx, call.site, node, uri, offered.scopes, offered.message)
    return see_other(PATH)


@routes.post(PATH + "/{id}/{verb}", html=True, who=ADMIN, params=FormParams)
async def change(call: Call[FormParams]) -> web.Response:
    match call.text("verb"):
        case "accept":
            await domain.partners.answer(call.tx, call.site, call.member, call.id(), accepted=True)
        case "decline":
            await domain.partners.answer(call.tx, call.site, call.member, call.id(), accepted=False)
        case "end":
            await domain.partners.end(call.tx, call.member, call.id(), call.params.reason)
        case _:
            raise domain.NotFound
    return see_other(PATH)
