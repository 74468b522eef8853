"""The public moderation log, which anyone can read and verify."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.domain.moderation import rules
from fedserver.web.endpoint import Call, NoParams, Routes

routes = Routes("pages")
PAGE_SIZE = 40


@routes.get("/log", html=True)
async def show(call: Call[NoParams]) -> web.Response:
    rows = await audit_log.list_page(call.tx, call.page(PAGE_SIZE, PAGE_SIZE))
    return call.render(
        "log.html",
        entries=[hash_chain.to_entry(row) for row in rows],
        head=await audit_log.find_head(call.tx),
        rules=lambda numbers: rules.list_by_numbers(call.site, rules.parse_numbers(numbers)),
        older=rows[-1].seq if len(rows) == PAGE_SIZE else None,
    )
