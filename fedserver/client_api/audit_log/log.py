"""The public log of what moderators and admins did: ours alone, see docs/log.md. The cursor is the number."""

from __future__ import annotations

from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.web.endpoint import Call, Nothing, Routes
from fedserver.web.paging import Listed, listed

routes = Routes("client_api")


@routes.get("/api/fedserver/v1/log")
async def show(call: Call[Nothing]) -> Listed:
    rows = await audit_log.page(call.tx, call.page(100, 500))
    return listed([hash_chain.entry(row) for row in rows], [row.seq for row in rows])
