"""Reports for moderators (docs.joinmastodon.org/methods/admin/reports)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.admin.reports import AdminReport, render_admin_report
from fedserver.domain.moderation import report_views, reports
from fedserver.web.endpoint import MODERATOR, Call, EntityPage, NoParams, Routes, to_page
from storage.rows.moderation import ReportRow

routes = Routes("client_api")
READ, WRITE = "admin:read:reports", "admin:write:reports"
PATH = "/api/v1/admin/reports/{id}"


class AdminReportsParams(Struct, frozen=True):
    resolved: bool = False
    account_id: int = 0
    target_account_id: int = 0


class UpdateReportParams(Struct, frozen=True):
    category: str | None = None
    rule_ids: list[int] | None = None


async def _render_report(call: Call[Any], row: ReportRow) -> AdminReport:
    return render_admin_report(call.site.links, await report_views.load_one(call.tx, call.site, row))


@routes.get("/api/v1/admin/reports", auth=MODERATOR, scope=READ, params=AdminReportsParams)
async def list_all(call: Call[AdminReportsParams]) -> EntityPage:
    params = call.params
    rows = await reports.list_page(
        call.tx,
        call.page(100, 200),
        "resolved" if params.resolved else "open",
        account_id=params.account_id,
        target_id=params.target_account_id,
    )
    views = await report_views.load(call.tx, call.site, rows)
    return to_page([render_admin_report(call.site.links, view) for view in views], [row.id for row in rows])


@routes.get(PATH, auth=MODERATOR, scope=READ)
async def show(call: Call[NoParams]) -> AdminReport:
    return await _render_report(call, await reports.get(call.tx, call.id()))


@routes.put(PATH, auth=MODERATOR, scope=WRITE, params=UpdateReportParams)
async def update(call: Call[UpdateReportParams]) -> AdminReport:
    row = await reports.classify(
        call.tx, call.site, call.member, call.id(), call.params.category, call.params.rule_ids
    )
    return await _render_report(call, row)


@routes.post(f"{PATH}/assign_to_self", auth=MODERATOR, scope=WRITE)
async def assign_to_self(call: Call[NoParams]) -> AdminReport:
    row = await reports.assign(call.tx, call.member, call.id(), call.account.id)
    return await _render_report(call, row)


@routes.post(f"{PATH}/unassign", auth=MODERATOR, scope=WRITE)
async def unassign(call: Call[NoParams]) -> AdminReport:
    return await _render_report(call, await reports.assign(call.tx, call.member, call.id(), None))


@routes.post(f"{PATH}/resolve", auth=MODERATOR, scope=WRITE)
async def resolve(call: Call[NoParams]) -> AdminReport:
    return await _render_report(call, await reports.resolve(call.tx, call.member, call.id()))


@routes.post(f"{PATH}/reopen", auth=MODERATOR, scope=WRITE)
async def reopen(call: Call[NoParams]) -> AdminReport:
    return await _render_report(call, await reports.reopen(call.tx, call.member, call.id()))
