"""The health of the queues."""

from __future__ import annotations

from aiohttp import web

from fedserver import domain
from fedserver.http import MODERATOR, Call, Nothing, Routes

routes = Routes("console")


@routes.get("/admin/queue", html=True, who=MODERATOR)
async def show(call: Call[Nothing]) -> web.Response:
    return call.render("admin/queue.html", health=await domain.backlog.health(call.tx))
