"""Reports: a member tells the moderators about an account or one of its posts."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.moderation import report_filing, rules
from fedserver.domain.timelines import post_views
from fedserver.pages.relationships.relationships import get_target, redirect, render_page
from fedserver.web.endpoint import USER, Call, Routes

routes = Routes("pages")


class ReportPageParams(Struct, frozen=True):
    next: str = ""
    post: int = 0


class ReportFormParams(Struct, frozen=True):
    csrf: str = ""
    next: str = ""
    post: int = 0
    category: str = "other"
    rules: list[int] = []
    comment: str = ""
    forward: bool = False


async def _render_form(call: Call[Any], problem: str = "", **chosen: Any) -> web.Response:
    row = await get_target(call)
    posts = await post_views.load(call.tx, [call.params.post], call.account.id) if call.params.post else []
    if call.params.post and not [view for view in posts if view.post.account_id == row.id]:
        raise NotFoundError
    return await render_page(
        call,
        "report.html",
        row,
        status=422 if problem else 200,
        post=posts[0] if posts else None,
        rules=rules.list_translated(call.site),
        problem=problem,
        **{"category": "", "chosen": [], "comment": "", **chosen},
    )


@routes.get("/accounts/{id}/report", html=True, auth=USER, params=ReportPageParams)
async def show(call: Call[ReportPageParams]) -> web.StreamResponse:
    return await _render_form(call)


@routes.post("/accounts/{id}/report", html=True, auth=USER, params=ReportFormParams)
async def file(call: Call[ReportFormParams]) -> web.StreamResponse:
    row, params = await get_target(call), call.params
    report = report_filing.NewReport(
        target_id=row.id,
        post_ids=[params.post] if params.post else [],
        comment=params.comment,
        category=params.category,
        rule_ids=params.rules if params.category == "violation" else [],
        forward=params.forward,
    )
    try:
        if params.category == "violation" and not params.rules and rules.list_all(call.site):
            raise InvalidError("rule_ids", "can't be blank", "ERR_BLANK")
        # A form that is sent twice makes one report.
        if not await report_filing.is_filed(call.tx, call.account, report):
            await report_filing.file(call.tx, call.site, call.account, report)
    except InvalidError as error:
        chosen = {"category": params.category, "chosen": params.rules, "comment": params.comment}
        return await _render_form(call, error.message, **chosen)
    return redirect(call, "report", row)
