"""The log of what moderators did."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.audit_log import audit_log_views
from fedserver.web.endpoint import MODERATOR, Call, Nothing, Routes

routes = Routes("console")
SIZE = 60


@routes.get("/admin/log", html=True, who=MODERATOR)
async def show(call: Call[Nothing]) -> web.Response:
    views = await audit_log_views.page(call.tx, call.page(SIZE, SIZE))
    return call.render("admin/log.html", views=views, older=views[-1].row.seq if len(views) == SIZE else None)
