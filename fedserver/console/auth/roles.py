"""The roles, and what each may do."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.kernel import roles
from fedserver.web.endpoint import MODERATOR, Call, NoParams, Routes

routes = Routes("console")


@routes.get("/admin/roles", html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    return call.render("admin/roles.html", roles=tuple(reversed(roles.ROLES)), table=roles.list_table())
