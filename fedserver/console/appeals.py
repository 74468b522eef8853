"""Appeals of members, and the decisions about them."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.moderation import appeal_decisions, appeal_views, warnings
from fedserver.web.endpoint import MODERATOR, Call, Routes

routes = Routes("console")
PATH = "/admin/appeals"
PAGE_SIZE = 40


class AppealStateParams(Struct, frozen=True):
    state: str = "open"


class AppealDecisionParams(Struct, frozen=True):
    csrf: str = ""
    answer: str = ""
    sure: bool = False


@routes.get(PATH, html=True, auth=MODERATOR, params=AppealStateParams)
async def show(call: Call[AppealStateParams]) -> web.Response:
    state = call.params.state if call.params.state in appeal_views.STATES else "open"
    views = await appeal_views.list_by_state(call.tx, call.member, call.page(PAGE_SIZE, PAGE_SIZE), state)
    return call.render(
        "admin/appeals.html",
        views=views,
        state=state,
        said=warnings.MESSAGES,
        older=views[-1].row.id if len(views) == PAGE_SIZE else None,
    )


@routes.post(PATH + "/{id}/{verb}", html=True, auth=MODERATOR, params=AppealDecisionParams)
async def decide(call: Call[AppealDecisionParams]) -> web.Response:
    verb = call.text("verb")
    if verb not in ("approve", "reject"):
        raise NotFoundError
    params = call.params
    decision = appeal_decisions.AppealDecision(verb == "approve", params.answer, params.sure)
    await appeal_decisions.decide(call.tx, call.site, call.member, call.id(), decision)
    return call.redirect_with_notice(
        PATH, PATH, "appeal_approved" if decision.approved else "appeal_rejected"
    )
