"""Partners: with which communities this one has agreements."""

from __future__ import annotations

from aiohttp import web

from fedserver import domain
from fedserver.http import USER, Call, Nothing, Routes
from fedserver.pages.readers import feed

routes = Routes("pages")


@routes.get("/partners", html=True)
async def show(call: Call[Nothing]) -> web.Response:
    return call.render("partners.html", partners=await domain.partners.agreed(call.tx))


@routes.get("/partners/posts", html=True, who=USER)
async def posts(call: Call[Nothing]) -> web.Response:
    """What members of partners wrote."""
    ids = await domain.partner_posts.timeline(call.tx, call.account.id, call.page())
    return call.render("timeline.html", feed=await feed(call, ids, "public"), title="Partners", tag="")
