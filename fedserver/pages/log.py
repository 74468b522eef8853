"""The public log: what moderators and admins did, to be read and checked by anybody."""

from __future__ import annotations

from aiohttp import web

from fedserver import domain
from fedserver.http import Call, Nothing, Routes

routes = Routes("pages")
SIZE = 40


@routes.get("/log", html=True)
async def show(call: Call[Nothing]) -> web.Response:
    rows = await domain.acts.page(call.tx, call.page(SIZE, SIZE))
    return call.render(
        "log.html",
        entries=[domain.act_chain.entry(row) for row in rows],
        head=await domain.acts.head(call.tx),
        rules=lambda named: domain.rules.some(call.site, domain.rules.numbers(named)),
        older=rows[-1].seq if len(rows) == SIZE else None,
    )
