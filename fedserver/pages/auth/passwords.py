"""Passwords: change one in the settings, or reset a forgotten one by a link in a mail.

The answer to a request for a link is the same whether the account exists or not.
"""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import login, member_access, one_time_links, password_resets, passwords
from fedserver.domain.kernel.errors import DomainError, InvalidError, NotFoundError
from fedserver.text.locales import gettext
from fedserver.web.endpoint import EVERYONE, USER, Call, NoParams, Routes
from fedserver.web.errors import list_problems

routes = Routes("pages")


class ResetRequestParams(Struct, frozen=True):
    login: str = ""
    csrf: str = ""


class PasswordParams(Struct, frozen=True):
    current: str = ""
    password: str = ""
    csrf: str = ""


@routes.get("/forgot", html=True, audience=EVERYONE)
async def show_reset_request(call: Call[NoParams]) -> web.Response:
    return call.render("forgot.html", sent=False, mails=bool(call.site.config.mail.host))


@routes.post(
    "/forgot", html=True, params=ResetRequestParams, limit="log_ins", no_csrf=True, audience=EVERYONE
)
async def request_reset(call: Call[ResetRequestParams]) -> web.Response:
    await password_resets.request(call.tx, call.site, call.params.login)
    return call.render("forgot.html", sent=True, mails=bool(call.site.config.mail.host))


def _render_form(
    call: Call[PasswordParams], action: str, problem: DomainError | None = None, *, known: bool
) -> web.Response:
    """Render the form for a new password; `known`: a logged-in member, who gives the current one too."""
    problems = list_problems(problem) if problem else {}
    return call.render(
        "password.html", status=422 if problem else 200, action=action, problems=problems, known=known
    )


@routes.get("/reset/{token}", html=True, params=PasswordParams, audience=EVERYONE)
async def show_reset(call: Call[PasswordParams]) -> web.Response:
    await one_time_links.get(call.tx, "reset", call.text("token"))
    return _render_form(call, f"/reset/{call.text('token')}", known=False)


@routes.post(
    "/reset/{token}",
    html=True,
    params=PasswordParams,
    tx="own",
    limit="log_ins",
    no_csrf=True,
    audience=EVERYONE,
)
async def reset(call: Call[PasswordParams]) -> web.StreamResponse:
    token, services = call.text("token"), call.services
    try:
        async with services.db.read() as tx:
            link = await one_time_links.get(tx, "reset", token)
        passwords.check_password(call.params.password, link.email)
        hashed = await services.passwords.hash(call.params.password)
        async with services.db.write() as tx:
            await password_resets.reset(tx, token, hashed)
    except NotFoundError:
        raise
    except DomainError as error:
        return _render_form(call, f"/reset/{token}", error, known=False)
    return call.see_other("/login")


@routes.get("/.well-known/change-password", html=True, tx="own", audience=EVERYONE)
async def redirect_well_known(call: Call[NoParams]) -> web.StreamResponse:
    """Redirect password managers to the settings (W3C, A Well-Known URL for Changing Passwords)."""
    return call.see_other("/settings/password")


@routes.get("/settings/password", html=True, auth=USER, params=PasswordParams)
async def show(call: Call[PasswordParams]) -> web.StreamResponse:
    if not call.member.password_hash:
        return call.see_other("/settings/security")
    return _render_form(call, "/settings/password", known=True)


@routes.post("/settings/password", html=True, auth=USER, params=PasswordParams, tx="own", limit="log_ins")
async def change(call: Call[PasswordParams]) -> web.StreamResponse:
    """Change the password: all browsers and apps are logged out, and this browser gets a new session."""
    params, services, name = call.params, call.services, call.account.username
    address = call.address
    try:
        passwords.check_password(params.password, name, call.member.email)
        async with services.db.write() as tx:
            await login.count_attempt(tx, name, address)
        if not await services.passwords.verify(call.member.password_hash, params.current):
            message = gettext("Your current password is not correct. Please try again.")
            raise InvalidError("current", "is not correct", message=message)
        hashed = await services.passwords.hash(params.password)
        async with services.db.write() as tx:
            await login.take_back_attempt(tx, name, address)
            await member_access.set_password(tx, call.member, hashed)
            cookie = await login.log_in(tx, call.member, name, address, call.user_agent)
    except DomainError as error:
        return _render_form(call, "/settings/password", error, known=True)
    return call.login_response(cookie, "/settings/security?done=1")
