"""The public log of what moderators and admins did: ours alone, see docs/log.md. The cursor is the number."""

from __future__ import annotations

from fedserver import domain
from fedserver.http import Call, Listed, Nothing, Routes, listed

routes = Routes("client_api")


@routes.get("/api/fedserver/v1/log")
async def show(call: Call[Nothing]) -> Listed:
    rows = await domain.acts.page(call.tx, call.page(100, 500))
    return listed([domain.act_chain.entry(row) for row in rows], [row.seq for row in rows])
