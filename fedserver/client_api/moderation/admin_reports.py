"""Reports for moderators (docs.joinmastodon.org/methods/admin/reports)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.admin.reports import AdminReport, admin_report
from fedserver.domain.moderation import report_views, reports
from fedserver.web.endpoint import MODERATOR, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed
from storage.rows.moderation import ReportRow

routes = Routes("client_api")
READ, WRITE = "admin:read:reports", "admin:write:reports"
PATH = "/api/v1/admin/reports/{id}"


class ListParams(Struct, frozen=True):
    resolved: bool = False
    account_id: int = 0
    target_account_id: int = 0


class UpdateParams(Struct, frozen=True):
    category: str | None = None
    rule_ids: list[int] | None = None


async def _entity(call: Call[Any], row: ReportRow) -> AdminReport:
    return admin_report(call.site.links, await report_views.one(call.tx, call.site, row))


@routes.get("/api/v1/admin/reports", who=MODERATOR, scope=READ, params=ListParams)
async def show_all(call: Call[ListParams]) -> Listed:
    params = call.params
    rows = await reports.page(
        call.tx,
        call.page(100, 200),
        "resolved" if params.resolved else "open",
        account_id=params.account_id,
        target_id=params.target_account_id,
    )
    views = await report_views.load(call.tx, call.site, rows)
    return listed([admin_report(call.site.links, view) for view in views], [row.id for row in rows])


@routes.get(PATH, who=MODERATOR, scope=READ)
async def show(call: Call[Nothing]) -> AdminReport:
    return await _entity(call, await reports.get(call.tx, call.id()))


@routes.put(PATH, who=MODERATOR, scope=WRITE, params=UpdateParams)
async def update(call: Call[UpdateParams]) -> AdminReport:
    row = await reports.classify(
        call.tx, call.site, call.member, call.id(), call.params.category, call.params.rule_ids
    )
    return await _entity(call, row)


@routes.post(f"{PATH}/assign_to_self", who=MODERATOR, scope=WRITE)
async def assign_to_self(call: Call[Nothing]) -> AdminReport:
    row = await reports.assign(call.tx, call.member, call.id(), call.account.id)
    return await _entity(call, row)


@routes.post(f"{PATH}/unassign", who=MODERATOR, scope=WRITE)
async def unassign(call: Call[Nothing]) -> AdminReport:
    return await _entity(call, await reports.assign(call.tx, call.member, call.id(), None))


@routes.post(f"{PATH}/resolve", who=MODERATOR, scope=WRITE)
async def resolve(call: Call[Nothing]) -> AdminReport:
    return await _entity(call, await reports.resolve(call.tx, call.member, call.id()))


@routes.post(f"{PATH}/reopen", who=MODERATOR, scope=WRITE)
async def reopen(call: Call[Nothing]) -> AdminReport:
    return await _entity(call, await reports.reopen(call.tx, call.member, call.id()))
