"""Reports: read, assign, classify, resolve and reopen them."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from fedserver.domain.audit_log import audit_log_views
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.moderation import report_views, reports, rules
from fedserver.web.endpoint import MODERATOR, Call, NoParams, ReasonFormParams, Routes

routes = Routes("console")
PATH = "/admin/reports"
PAGE_SIZE = 40


class ReportSearchParams(Struct, frozen=True):
    state: str = "open"
    category: str = ""
    assigned: str = ""  # me, nobody
    origin: str = ""  # of the reporter: local, remote


class ReportClassifyParams(Struct, frozen=True):
    csrf: str = ""
    category: str = "other"
    rule_ids: list[int] = []


@routes.get(PATH, html=True, auth=MODERATOR, params=ReportSearchParams)
async def list_reports(call: Call[ReportSearchParams]) -> web.Response:
    params = call.params
    state = "resolved" if params.state == "resolved" else "open"
    assigned_ids = {"me": call.account.id, "nobody": reports.UNASSIGNED}
    rows = await reports.list_page(
        call.tx,
        call.page(PAGE_SIZE, PAGE_SIZE),
        state,
        category=params.category if params.category in reports.CATEGORIES else "",
        assigned_id=assigned_ids.get(params.assigned, 0),
        origin=params.origin if params.origin in ("local", "remote") else "",
    )
    filters = {name: value for name in ("category", "assigned", "origin") if (value := getattr(params, name))}
    return call.render(
        "admin/reports.html",
        views=await report_views.load(call.tx, call.site, rows),
        state=state,
        params=params,
        categories=reports.CATEGORIES,
        is_filtered=bool(filters),
        path=f"{PATH}?{urlencode({'state': state, **filters})}&",
        older=rows[-1].id if len(rows) == PAGE_SIZE else None,
    )


@routes.get(PATH + "/{id}", html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    row = await reports.get(call.tx, call.id())
    view = await report_views.load_one(call.tx, call.site, row)
    return call.render(
        "admin/report.html",
        view=view,
        posts=await report_views.load_posts(call.tx, call.site, view),
        deleted_count=report_views.count_deleted(view),
        before=await report_views.load_history(call.tx, view),
        acts=await audit_log_views.list_by_target(call.tx, f"report:{row.id}"),
        rules=rules.list_translated(call.site),
        categories=reports.CATEGORIES,
    )


@routes.post(PATH + "/{id}/classify", html=True, auth=MODERATOR, params=ReportClassifyParams)
async def classify(call: Call[ReportClassifyParams]) -> web.Response:
    params = call.params
    category = "violation" if params.rule_ids else params.category
    await reports.classify(call.tx, call.site, call.member, call.id(), category, params.rule_ids)
    return call.redirect_with_notice(f"{PATH}/{call.id()}", PATH, "saved")


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
    return call.redirect_with_notice(f"{PATH}/{call.id()}", PATH, f"report_{call.text('verb')}")
