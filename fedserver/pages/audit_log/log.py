"""The public log: what moderators and admins did, to be read and checked by anybody."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.domain.moderation import rules
from fedserver.web.endpoint import Call, Nothing, Routes

routes = Routes("pages")
SIZE = 40


@routes.get("/log", html=True)
async def show(call: Call[Nothing]) -> web.Response:
    rows = await audit_log.page(call.tx, call.page(SIZE, SIZE))
    return call.render(
        "log.html",
        entries=[hash_chain.entry(row) for row in rows],
        head=await audit_log.head(call.tx),
        rules=lambda named: rules.some(call.site, rules.numbers(named)),
        older=rows[-1].seq if len(rows) == SIZE else None,
    )
