"""Reports: read, assign, classify, resolve and reopen them."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.audit_log import audit_log_views
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.moderation import report_views, reports, rules
from fedserver.web.endpoint import MODERATOR, Call, NoParams, ReasonFormParams, Routes

routes = Routes("console")
PATH = "/admin/reports"
PAGE_SIZE = 40


class ReportStateParams(Struct, frozen=True):
    state: str = "open"


class ReportClassifyParams(Struct, frozen=True):
    csrf: str = ""
    category: str = "other"
    rule_ids: list[int] = []


@routes.get(PATH, html=True, auth=MODERATOR, params=ReportStateParams)
async def list_reports(call: Call[ReportStateParams]) -> web.Response:
    state = "resolved" if call.params.state == "resolved" else "open"
    rows = await reports.list_page(call.tx, call.page(PAGE_SIZE, PAGE_SIZE), state)
    return call.render(
        "admin/reports.html",
        views=await report_views.load(call.tx, call.site, rows),
        state=state,
        older=rows[-1].id if len(rows) == PAGE_SIZE else None,
    )


@routes.get(PATH + "/{id}", html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    row = await reports.get(call.tx, call.id())
    return call.render(
        "admin/report.html",
        view=await report_views.load_one(call.tx, call.site, row),
        acts=await audit_log_views.list_by_target(call.tx, f"report:{row.id}"),
        rules=rules.list_translated(call.site),
        categories=reports.CATEGORIES,
    )


@routes.post(PATH + "/{id}/classify", html=True, auth=MODERATOR, params=ReportClassifyParams)
async def classify(call: Call[ReportClassifyParams]) -> web.Response:
    params = call.params
    category = "violation" if params.rule_ids else params.category
    await reports.classify(call.tx, call.site, call.member, call.id(), category, params.rule_ids)
    return call.see_other(f"{PATH}/{call.id()}")


@routes.post(PATH + "/{id}/{verb}", html=True, auth=MODERATOR, params=ReasonFormParams)
async def update(call: Call[ReasonFormParams]) -> web.Response:
    match call.text("verb"):
        case "assign":
            await reports.assign(call.tx, call.member, call.id(), call.account.id)
        case "unassign":
            await reports.assign(call.tx, call.member, call.id(), None)
        case "resolve":
            await reports.resolve(call.tx, call.member, call.id())
        case "reopen":
            await reports.reopen(call.tx, call.member, call.id())
        case _:
            raise NotFoundError
    return call.see_other(f"{PATH}/{call.id()}")
