"""Reports (docs.joinmastodon.org/methods/reports)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.reports import Report, render_report
from fedserver.domain.accounts import account_views
from fedserver.domain.moderation import report_filing
from fedserver.web.endpoint import USER, Call, Routes

routes = Routes("client_api")


class ReportParams(Struct, frozen=True):
    account_id: int
    status_ids: list[int] = []
    comment: str = ""
    category: str = "other"
    rule_ids: list[int] = []
    forward: bool = False


@routes.post("/api/v1/reports", auth=USER, scope="write:reports", params=ReportParams)
async def create(call: Call[ReportParams]) -> Report:
    params = call.params
    report = report_filing.NewReport(
        target_id=params.account_id,
        post_ids=params.status_ids,
        comment=params.comment,
        category=params.category,
        rule_ids=params.rule_ids,
        forward=params.forward,
    )
    row = await report_filing.file(call.tx, call.site, call.account, report)
    target = (await account_views.load(call.tx, [row.target_id]))[row.target_id]
    return render_report(call.site.links, row, target)
