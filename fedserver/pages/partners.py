"""Partners: with which communities this one has agreements."""

from __future__ import annotations

from aiohttp import web

from fedserver import domain
from fedserver.http import Call, Nothing, Routes

routes = Routes("pages")


@routes.get("/partners", html=True)
async def show(call: Call[Nothing]) -> web.Response:
    return call.render("partners.html", partners=await domain.partners.agreed(call.tx))
