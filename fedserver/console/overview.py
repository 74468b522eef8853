"""The first page: what waits for somebody."""

from __future__ import annotations

from aiohttp import web

from fedserver import domain
from fedserver.http import MODERATOR, Call, Nothing, Routes

routes = Routes("console")


@routes.get("/admin", html=True, who=MODERATOR)
async def show(call: Call[Nothing]) -> web.Response:
    tx = call.tx
    return call.render(
        "admin/overview.html",
        waiting=await domain.admin_accounts.count_waiting(tx),
        reports=await domain.reports.count_open(tx),
        appeals=await domain.appeals.count_open(tx),
        figures=await domain.figures.load(tx),
        partners=await domain.partners.count_asking(tx),
        lists=await domain.peer_lists.count_waiting(tx),
        queues=await domain.backlog.queues(tx),
    )
