"""Reports (docs.joinmastodon.org/methods/reports)."""

from __future__ import annotations

from msgspec import Struct

from fedserver import domain
from fedserver.client_api.entities import Report, report
from fedserver.http import USER, Call, Routes

routes = Routes("client_api")


class ReportParams(Struct, frozen=True):
    account_id: int
    status_ids: list[int] = []
    comment: str = ""
    category: str = "other"
    rule_ids: list[int] = []
    forward: bool = False


@routes.post("/api/v1/reports", who=USER, scope="write:reports", params=ReportParams)
async def file(call: Call[ReportParams]) -> Report:
    params = call.params
    wanted = domain.reports.NewReport(
        target_id=params.account_id,
        post_ids=params.status_ids,
        comment=params.comment,
        category=params.category,
        rule_ids=params.rule_ids,
        forward=params.forward,
    )
    row = await domain.reports.file(call.tx, call.site, call.account, wanted)
    target = (await domain.account_views.load(call.tx, [row.target_id]))[row.target_id]
    return report(call.site.links, row, target)
