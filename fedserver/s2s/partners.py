"""Offers of partnerships, for the node that is asked: its admin may have been given the address."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from fedserver import domain
from fedserver.federation.outgoing.partners import offer_document
from fedserver.http import Call, Nothing, Routes
from fedserver.s2s.requests import document, signer

routes = Routes("s2s")


@routes.get("/partners/offers/{id}", activitypub=True, tx="own", limit="peers")
async def show(call: Call[Nothing]) -> web.Response:
    asking = await signer(call)
    if asking is None:
        raise domain.Unauthorized("This is for signed requests only")
    async with call.services.db.read() as tx:
        row, theirs = await domain.partners.our_offer(
            tx, f"{call.site.links.base}/partners/offers/{call.id()}"
        )
        ours = await domain.accounts.instance_account(tx, call.site)
    if ours is None or urlsplit(asking.uri).netloc != urlsplit(theirs.uri).netloc:
        raise domain.NotFound
    return document(offer_document(row, ours, theirs), private=True)
