"""The front page, what the community is, and how to use an app."""

from __future__ import annotations

from aiohttp import web

from fedserver import domain
from fedserver.http import Call, Nothing, Routes, see_other
from storage import Page

routes = Routes("pages")


@routes.get("/", html=True)
async def front(call: Call[Nothing]) -> web.StreamResponse:
    if call.caller is not None:
        return see_other("/home")
    ranked = await domain.articles.helpful(call.tx, None, "quarter", 5, 0, member=False)
    best = await domain.post_views.load(call.tx, [post_id for post_id, _ in ranked], None)
    ids = await domain.timelines.public(call.tx, None, Page(limit=10), local=True)
    latest = await domain.post_views.load(call.tx, ids, None)
    found = await domain.figures.load(call.tx)
    return call.render("front.html", best=best, votes=dict(ranked), latest=latest, figures=found)


@routes.get("/about", html=True)
async def about(call: Call[Nothing]) -> web.StreamResponse:
    found = await domain.figures.load(call.tx)
    return call.render("about.html", figures=found, mode=call.site.config.registration.mode)


@routes.get("/apps", html=True, tx="own")
async def apps(call: Call[Nothing]) -> web.StreamResponse:
    return call.render("apps.html")
