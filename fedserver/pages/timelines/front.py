"""The front page, and the page about the community."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.metrics import instance_stats
from fedserver.domain.posts import articles
from fedserver.domain.timelines import post_views, timelines
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes
from storage.engine import Page

routes = Routes("pages")


@routes.get("/", html=True)
async def show_front(call: Call[NoParams]) -> web.StreamResponse:
    if call.principal is not None:
        return call.see_other("/home")
    ranked = await articles.list_helpful(call.tx, None, "quarter", 5, 0, is_member=False)
    best = await post_views.load(call.tx, [post_id for post_id, _ in ranked], None)
    ids = await timelines.list_public(call.tx, None, Page(limit=10), local=True)
    latest = await post_views.load(call.tx, ids, None)
    stats = await instance_stats.load(call.tx)
    return call.render("front.html", best=best, votes=dict(ranked), latest=latest, figures=stats)


@routes.get("/about", html=True, audience=EVERYONE)
async def show_about(call: Call[NoParams]) -> web.StreamResponse:
    is_shown = call.principal is not None or call.site.access.admits_visitors
    stats = await instance_stats.load(call.tx) if is_shown else None
    return call.render("about.html", figures=stats, mode=call.site.config.registration.mode)
