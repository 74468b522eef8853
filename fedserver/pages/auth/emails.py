"""A new email address: requested in the settings, confirmed by a link in a mail."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import emails, one_time_links
from fedserver.domain.kernel.errors import InvalidError
from fedserver.web.endpoint import EVERYONE, USER, Call, FormParams, NoParams, Routes
from fedserver.web.errors import list_problems

routes = Routes("pages")


class EmailParams(Struct, frozen=True):
    email: str = ""
    csrf: str = ""


def _render_page(
    call: Call[NoParams] | Call[EmailParams],
    *,
    problem: InvalidError | None = None,
    sent: str = "",
    email: str = "",
) -> web.Response:
    return call.render(
        "email.html",
        status=422 if problem else 200,
        member=call.member,
        problems=list_problems(problem) if problem else {},
        sent=sent,
        email=email,
    )


@routes.get("/settings/email", html=True, auth=USER, requires_recent_auth=True)
async def show(call: Call[NoParams]) -> web.Response:
    return _render_page(call)


@routes.post(
    "/settings/email",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=EmailParams,
    tx="own",
    limit="sign_ups",
)
async def request_change(call: Call[EmailParams]) -> web.StreamResponse:
    email = call.params.email.strip()
    try:
        async with call.services.db.write() as tx:
            mailed = await emails.request_change(tx, call.site, call.member, email)
    except InvalidError as error:
        return _render_page(call, problem=error, email=email)
    return _render_page(call, sent=email) if mailed else call.see_other("/settings/security?done=1")


@routes.get("/email/{token}", html=True, audience=EVERYONE)
async def show_confirmation(call: Call[NoParams]) -> web.Response:
    link = await one_time_links.get(call.tx, "email", call.text("token"))
    return call.render("email_confirm.html", token=call.text("token"), email=link.email)


@routes.post("/email/{token}", html=True, params=FormParams, no_csrf=True, audience=EVERYONE)
async def confirm(call: Call[FormParams]) -> web.StreamResponse:
    """Confirm the new address by a form: programs that scan mail open its links."""
    await emails.confirm_change(call.tx, call.site, call.text("token"))
    return call.see_other("/settings/security?done=1")
