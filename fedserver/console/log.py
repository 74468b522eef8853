"""The moderation log with everything that only moderators may read."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.audit_log import audit_log_views
from fedserver.web.endpoint import MODERATOR, Call, NoParams, Routes

routes = Routes("console")
PAGE_SIZE = 60


@routes.get("/admin/log", html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    views = await audit_log_views.list_page(call.tx, call.page(PAGE_SIZE, PAGE_SIZE))
    return call.render(
        "admin/log.html", views=views, older=views[-1].row.seq if len(views) == PAGE_SIZE else None
    )
