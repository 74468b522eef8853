"""Partners: offers, for the node that is asked, and the collection that posts for partners address."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from activitypub.collections import write_items
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.peers import partners
from fedserver.federation.outbound.partners import render_offer_document
from fedserver.s2s.requests import document_response
from fedserver.web.endpoint import Call, NoParams, Routes

routes = Routes("s2s")


@routes.get("/partners/offers/{id}", activitypub=True, requires_signature=True, limit="peers")
async def show(call: Call[NoParams]) -> web.Response:
    """Show an offer by this node to its receiver, whose admin may have been given the address."""
    async with call.services.db.read() as tx:
        row, theirs = await partners.get_own_offer(tx, f"{call.site.links.base}/partners/offers/{call.id()}")
        ours = await accounts.find_instance_account(tx, call.site)
    if ours is None or urlsplit(call.peer.uri).netloc != urlsplit(theirs.uri).netloc:
        raise NotFoundError
    return document_response(render_offer_document(row, ours, theirs), private=True)


@routes.get("/actor/partners", activitypub=True, limit="peers")
async def show_partners(call: Call[NoParams]) -> web.Response:
    """List the own actors of partner nodes, to whom posts for partners are addressed."""
    async with call.services.db.read() as tx:
        uris = await partners.list_actor_uris(tx)
    return document_response(write_items(call.site.links.partners, uris, ordered=False))
