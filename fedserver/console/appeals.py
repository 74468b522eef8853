"""Appeals: what members think was wrong, and what becomes of it."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.moderation import appeals, warnings
from fedserver.web.endpoint import MODERATOR, Call, Routes
from fedserver.web.html import see_other

routes = Routes("console")
PATH = "/admin/appeals"
SIZE = 40


class StateParams(Struct, frozen=True):
    state: str = "open"


class DecideParams(Struct, frozen=True):
    csrf: str = ""
    answer: str = ""
    sure: bool = False


@routes.get(PATH, html=True, who=MODERATOR, params=StateParams)
async def show(call: Call[StateParams]) -> web.Response:
    state = call.params.state if call.params.state in appeals.STATES else "open"
    views = await appeals.page(call.tx, call.member, call.page(SIZE, SIZE), state)
    return call.render(
        "admin/appeals.html",
        views=views,
        state=state,
        said=warnings.SAID,
        older=views[-1].row.id if len(views) == SIZE else None,
    )


@routes.post(PATH + "/{id}/{verb}", html=True, who=MODERATOR, params=DecideParams)
async def decide(call: Call[DecideParams]) -> web.Response:
    verb = call.text("verb")
    if verb not in ("approve", "reject"):
        raise NotFound
    params = call.params
    decision = appeals.Decision(verb == "approve", params.answer, params.sure)
    await appeals.decide(call.tx, call.site, call.member, call.id(), decision)
    return see_other(PATH)
