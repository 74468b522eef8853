"""Moderation decisions about a member, and their appeals; also for suspended and disabled members."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import ForbiddenError, InvalidError
from fedserver.domain.moderation import appeals, rules, warnings
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("pages")
PATH = "/settings/decisions"


class AppealParams(Struct, frozen=True):
    csrf: str = ""
    text: str = ""


async def _render_page(
    call: Call[NoParams] | Call[AppealParams], problem: str, *, text: str = ""
) -> web.Response:
    return call.render(
        "decisions.html",
        status=422 if problem else 200,
        views=await warnings.list_by_account(call.tx, call.account),
        said=warnings.MESSAGES,
        rules=lambda numbers: rules.list_by_numbers(call.site, rules.parse_numbers(numbers)),
        state=appeals.render_state,
        problem=problem,
        text=text,
        done="done" in call.request.query,
    )


@routes.get(PATH, html=True, auth=USER, allow_suspended=True)
async def list_decisions(call: Call[NoParams]) -> web.Response:
    return await _render_page(call, "")


@routes.post(PATH + "/{id}/appeal", html=True, auth=USER, allow_suspended=True, params=AppealParams)
async def file_appeal(call: Call[AppealParams]) -> web.Response:
    try:
        await appeals.file(call.tx, call.site, call.member, call.account, call.id(), call.params.text)
    except (InvalidError, ForbiddenError) as error:
        return await _render_page(call, error.message, text=call.params.text)
    return call.see_other(f"{PATH}?done=1")
