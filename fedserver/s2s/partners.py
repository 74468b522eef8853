"""Offers of partnerships, for the node that is asked: its admin may have been given the address."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.errors import NotFoundError, UnauthorizedError
from fedserver.domain.peers import partners
from fedserver.federation.outbound.partners import render_offer_document
from fedserver.s2s.requests import authenticate_signer, document_response
from fedserver.web.endpoint import Call, NoParams, Routes

routes = Routes("s2s")


@routes.get("/partners/offers/{id}", activitypub=True, tx="own", limit="peers")
async def show(call: Call[NoParams]) -> web.Response:
    asking = await authenticate_signer(call)
    if asking is None:
        raise UnauthorizedError("This is for signed requests only")
    async with call.services.db.read() as tx:
        row, theirs = await partners.get_own_offer(tx, f"{call.site.links.base}/partners/offers/{call.id()}")
        ours = await accounts.find_instance_account(tx, call.site)
    if ours is None or urlsplit(asking.uri).netloc != urlsplit(theirs.uri).netloc:
        raise NotFoundError
    return document_response(render_offer_document(row, ours, theirs), private=True)
