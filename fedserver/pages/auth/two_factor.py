"""Two-factor authentication in the settings: turn it on and off, with recovery codes that are shown once."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import two_factor
from fedserver.domain.kernel.errors import InvalidError
from fedserver.web.appearance.qr_codes import render_qr_code
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes
from fedserver.web.errors import list_problems

routes = Routes("pages")


class TwoFactorAppParams(Struct, frozen=True):
    """The form that enables an app; `secret` is stored only after the app has shown a correct code."""

    secret: str = ""
    code: str = ""
    csrf: str = ""


@routes.get("/settings/two-step", html=True, auth=USER, requires_recent_auth=True)
async def show(call: Call[NoParams]) -> web.Response:
    state = await two_factor.load_state(call.tx, call.member)
    return call.render("two_step.html", state=state, problem="")


@routes.get("/settings/two-step/app", html=True, auth=USER, requires_recent_auth=True, tx="own")
async def show_app(call: Call[NoParams]) -> web.Response:
    return _render_app(call, two_factor.new_secret())


def _render_app(
    call: Call[NoParams] | Call[TwoFactorAppParams], secret: str, problem: InvalidError | None = None
) -> web.Response:
    name = f"{call.account.username}@{call.site.links.shown_domain}"
    address = two_factor.build_provisioning_uri(secret, name, call.site.config.community.title)
    svg = render_qr_code(address)
    page = call.render(
        "two_step_app.html",
        status=422 if problem else 200,
        qr=svg,
        address=address,
        secret=secret,
        problems=list_problems(problem) if problem else {},
    )
    page.headers["Cache-Control"] = "no-store"
    return page


@routes.post(
    "/settings/two-step/app",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=TwoFactorAppParams,
    limit="log_ins",
)
async def enable_app(call: Call[TwoFactorAppParams]) -> web.Response:
    params = call.params
    try:
        codes = await two_factor.enable_app(call.tx, call.member, params.secret, params.code)
    except InvalidError as error:
        # After a wrong code the member can try again with the same secret in the app.
        secret = params.secret if error.field == "code" else two_factor.new_secret()
        return _render_app(call, secret, error)
    return _render_codes(call, codes)


def _render_codes(call: Call[TwoFactorAppParams] | Call[FormParams], codes: list[str]) -> web.Response:
    page = call.render("recovery_codes.html", codes=codes)
    page.headers["Cache-Control"] = "no-store"
    return page


@routes.post(
    "/settings/two-step/passkeys", html=True, auth=USER, requires_recent_auth=True, params=FormParams
)
async def enable_passkeys(call: Call[FormParams]) -> web.Response:
    return _render_codes(call, await two_factor.enable_passkeys(call.tx, call.member))


@routes.post(
    "/settings/two-step/codes",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=FormParams,
    question=Question("Create new recovery codes? The former ones stop working."),
)
async def regenerate_codes(call: Call[FormParams]) -> web.StreamResponse:
    if not await two_factor.is_enabled(call.tx, call.member):
        return call.see_other("/settings/two-step")
    return _render_codes(call, await two_factor.renew_codes(call.tx, call.member))


@routes.post(
    "/settings/two-step/off",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=FormParams,
    question=Question("Turn off two-factor authentication? Your password is then enough to log in."),
)
async def disable(call: Call[FormParams]) -> web.StreamResponse:
    await two_factor.disable(call.tx, call.member)
    return call.see_other("/settings/security?done=1")
