"""The overview: what waits for a moderator, and the figures of the node."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.metrics import backlog, instance_stats
from fedserver.domain.moderation import admin_accounts, appeals, reports
from fedserver.domain.peers import partners, peer_lists
from fedserver.web.endpoint import MODERATOR, Call, NoParams, Routes

routes = Routes("console")


@routes.get("/admin", html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    tx = call.tx
    return call.render(
        "admin/overview.html",
        waiting=await admin_accounts.count_pending(tx),
        reports=await reports.count_open(tx),
        appeals=await appeals.count_open(tx),
        figures=await instance_stats.load(tx),
        partners=await partners.count_pending_offers(tx),
        lists=await peer_lists.count_pending(tx),
        queues=await backlog.list_queues(tx),
    )
