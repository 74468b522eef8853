"""Partners: with which communities this one has agreements."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.peers import partners
from fedserver.domain.timelines import partner_posts
from fedserver.pages.forms import load_feed
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("pages")


@routes.get("/partners", html=True)
async def list_partners(call: Call[NoParams]) -> web.Response:
    return call.render("partners.html", partners=await partners.list_agreed(call.tx))


@routes.get("/partners/posts", html=True, auth=USER)
async def list_posts(call: Call[NoParams]) -> web.Response:
    """What members of partners wrote."""
    ids = await partner_posts.list_timeline(call.tx, call.account.id, call.page())
    return call.render("timeline.html", feed=await load_feed(call, ids, "public"), title="Partners", tag="")
