"""Partners: the communities with which this one has a partnership, and the posts of their members."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.peers import partners
from fedserver.domain.timelines import partner_posts
from fedserver.pages.post_feed import load_feed
from fedserver.pages.timelines import sidebar
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("pages")


@routes.get("/partners", html=True)
async def list_partners(call: Call[NoParams]) -> web.Response:
    return call.render("partners.html", partners=await partners.list_agreed(call.tx))


@routes.get("/partners/posts", html=True, auth=USER)
async def list_posts(call: Call[NoParams]) -> web.Response:
    """Show the posts of members of partners."""
    ids = await partner_posts.list_timeline(call.tx, call.account.id, call.page())
    return call.render(
        "partner_posts.html", feed=await load_feed(call, ids, "public"), sidebar=await sidebar.load(call)
    )
