"""The list of all settings, with a search over their names and descriptions."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.web.appearance import settings_index
from fedserver.web.endpoint import USER, Call, Routes

routes = Routes("pages")


class SettingsSearchParams(Struct, frozen=True):
    q: str = ""


@routes.get("/settings", html=True, auth=USER, params=SettingsSearchParams)
async def list_all(call: Call[SettingsSearchParams]) -> web.StreamResponse:
    query = call.params.q.strip()[: settings_index.MAX_QUERY]
    return call.render("settings.html", query=query, matches=settings_index.search(query))
