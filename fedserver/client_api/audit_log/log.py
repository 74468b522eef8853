"""The public log of what moderators and admins did: ours alone, see docs/log.md. The cursor is the number."""

from __future__ import annotations

from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.web.endpoint import Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")


@routes.get("/api/fedserver/v1/log")
async def list_entries(call: Call[NoParams]) -> EntityPage:
    rows = await audit_log.list_page(call.tx, call.page(100, 500))
    return to_page([hash_chain.to_entry(row) for row in rows], [row.seq for row in rows])
