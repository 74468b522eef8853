"""The front page, the page about the community, and the page about apps."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from fedserver.domain.metrics import instance_stats
from fedserver.domain.posts import articles
from fedserver.domain.timelines import post_views, timelines
from fedserver.text.locales import gettext
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes
from fedserver.web.html import mark_language, static_url
from fedserver.web.json import json_response
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


@routes.get("/apps", html=True, tx="own", audience=EVERYONE)
async def show_apps(call: Call[NoParams]) -> web.StreamResponse:
    return call.render("apps.html")


ICONS = (("icon.svg", "any", "image/svg+xml"), ("icon-192.png", "192x192", "image/png"),
         ("icon-512.png", "512x512", "image/png"))  # fmt: skip


@routes.get("/manifest.json", tx="own", audience=EVERYONE)
async def show_manifest(call: Call[NoParams]) -> web.Response:
    """Return the manifest with which devices install the pages as an app (W3C, Web Application Manifest)."""
    community = call.site.config.community
    body: dict[str, Any] = {
        "id": "/home",
        "name": community.title,
        "short_name": community.title[:12],
        "description": community.description,
        "lang": community.languages[0] if community.languages else "en",
        "start_url": "/home",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f7f9",
        "theme_color": "#1f6486",
        "categories": ["social"],
        "icons": [
            {"src": static_url(name), "sizes": sizes, "type": kind, "purpose": "any"}
            for name, sizes, kind in ICONS
        ],
        "shortcuts": [
            {"name": gettext("Write"), "url": "/write"},
            {"name": gettext("Notifications"), "url": "/notifications"},
        ],
    }
    response = json_response(
        body, kind="application/manifest+json", headers={"Cache-Control": "max-age=3600"}
    )
    mark_language(response)
    return response
