"""Partners: who they are, and offers, whose address an admin of the other node may have been given."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from activitypub import write_items
from fedserver import domain
from fedserver.federation.outgoing.partners import offer_document
from fedserver.http import Call, Nothing, Routes
from fedserver.s2s.requests import document, reader, signer

routes = Routes("s2s")


@routes.get("/actor/partners", activitypub=True, tx="own", limit="peers")
async def collection(call: Call[Nothing]) -> web.Response:
    """To whom posts for partners are addressed: the own actors of these nodes."""
    await reader(call)
    async with call.services.db.read() as tx:
        return document(write_items(call.site.links.partners, await domain.partners.nodes(tx), ordered=False))


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
