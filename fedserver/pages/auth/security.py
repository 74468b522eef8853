"""How an account is protected, on one page; each part is changed on a page of its own."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.auth import identities, two_factor
from fedserver.domain.kernel.errors import Invalid
from fedserver.pages.readers import FormParams
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.html import see_other
from storage.engine import Tx

routes = Routes("pages")


async def _page(call: Call[Nothing] | Call[FormParams], tx: Tx, problem: str) -> web.Response:
    return call.render(
        "security.html",
        status=422 if problem else 200,
        member=call.member,
        state=await two_factor.load(tx, call.member),
        identities=await identities.of_member(tx, call.member),
        problem=problem,
        done="done" in call.request.query,
    )


@routes.get("/settings/security", html=True, who=USER)
async def show(call: Call[Nothing]) -> web.Response:
    return await _page(call, call.tx, "")


@routes.post("/settings/provider/disconnect", html=True, who=USER, proved=True, params=FormParams)
async def disconnect(call: Call[FormParams]) -> web.StreamResponse:
    try:
        await identities.disconnect(call.tx, call.member)
    except Invalid as error:
        return await _page(call, call.tx, error.text)
    return see_other("/settings/security?done=1")
