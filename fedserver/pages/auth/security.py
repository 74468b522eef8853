"""The security settings: an overview of the ways to log in, and disconnecting the identity provider."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.auth import identities, two_factor
from fedserver.domain.kernel.errors import InvalidError
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes

routes = Routes("pages")


async def _render_page(call: Call[NoParams] | Call[FormParams], error_message: str = "") -> web.Response:
    return call.render(
        "security.html",
        status=422 if error_message else 200,
        member=call.member,
        state=await two_factor.load_state(call.tx, call.member),
        identities=await identities.list_by_member(call.tx, call.member),
        problem=error_message,
        done="done" in call.request.query,
    )


@routes.get("/settings/security", html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.Response:
    return await _render_page(call)


@routes.post(
    "/settings/provider/disconnect",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=FormParams,
    question=Question("Disconnect this account? You can no longer log in with it."),
)
async def disconnect_provider(call: Call[FormParams]) -> web.StreamResponse:
    try:
        await identities.disconnect(call.tx, call.member)
    except InvalidError as error:
        return await _render_page(call, error.message)
    return call.see_other("/settings/security?done=1")
