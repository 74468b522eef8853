"""Partners: with which communities this one has agreements."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.peers import partners
from fedserver.domain.timelines import partner_posts
from fedserver.pages.readers import feed
from fedserver.web.endpoint import USER, Call, Nothing, Routes

routes = Routes("pages")


@routes.get("/partners", html=True)
async def show(call: Call[Nothing]) -> web.Response:
    return call.render("partners.html", partners=await partners.agreed(call.tx))


@routes.get("/partners/posts", html=True, who=USER)
async def posts(call: Call[Nothing]) -> web.Response:
    """What members of partners wrote."""
    ids = await partner_posts.timeline(call.tx, call.account.id, call.page())
    return call.render("timeline.html", feed=await feed(call, ids, "public"), title="Partners", tag="")
