"""The links in mails to new members: they confirm an address, tell of the approval, and log in.

Programs that scan mail open links, so opening one changes nothing: the page has one button. A mail alone
logs nobody in who could have set up more than a password since: the link of the confirmation logs in the
browser that signed up, and any other one with the password, on the same page; the link of the approval
counts until the first log-in.
"""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, emails, login
from fedserver.domain.kernel.errors import TooManyRequestsError
from fedserver.domain.registration import approval_links
from fedserver.pages.registration.signup import WELCOME
from fedserver.text.locales import gettext
from fedserver.web.endpoint import EVERYONE, Call, FormParams, NoParams, Routes
from storage.engine import ReadTx, Tx
from storage.rows.auth import MemberRow

routes = Routes("pages")


class ConfirmationFormParams(Struct, frozen=True):
    """The form that confirms an address; the password is for other browsers than that of the sign-up."""

    password: str = ""
    csrf: str = ""


async def _is_signup_browser(call: Call[ConfirmationFormParams], tx: ReadTx, member: MemberRow) -> bool:
    holder = challenges.to_browser_holder(call.prelogin_token)
    return bool(call.prelogin_token) and await emails.is_signup_browser(tx, member, holder)


def _render_form(
    call: Call[ConfirmationFormParams], member: MemberRow, problem: str = "", *, asks: bool, status: int = 200
) -> web.Response:
    """Render the form; `asks` for the password unless a moderator has to approve the member first."""
    return call.render(
        "confirm.html",
        status=status,
        token=call.text("token"),
        email=member.email,
        asks=asks and member.approved_at is not None,
        problem=problem,
    )


@routes.get("/confirm/{token}", html=True, params=ConfirmationFormParams, audience=EVERYONE)
async def show(call: Call[ConfirmationFormParams]) -> web.StreamResponse:
    member = await emails.get_waiting_member(call.tx, call.text("token"))
    return _render_form(call, member, asks=not await _is_signup_browser(call, call.tx, member))


@routes.post(
    "/confirm/{token}",
    html=True,
    params=ConfirmationFormParams,
    tx="own",
    limit="log_ins",
    no_csrf=True,
    audience=EVERYONE,
)
async def confirm(call: Call[ConfirmationFormParams]) -> web.StreamResponse:
    """Confirm an address; log in with a right password, or in the browser that signed up."""
    token, password, services = call.text("token"), call.params.password, call.services
    async with services.db.read() as tx:
        waiting = await emails.get_waiting_member(tx, token)
    try:
        is_proved = bool(password) and await _check_password(call, waiting, password)
    except TooManyRequestsError as error:
        return _render_form(call, waiting, error.message, asks=True, status=429)
    if password and not is_proved:
        problem = gettext("This is not the password with which you signed up.")
        return _render_form(call, waiting, problem, asks=True, status=401)
    async with services.db.write() as tx:
        member = await emails.confirm(tx, token)
        if member.approved_at is None:
            return call.render("waiting.html", what="approval", email=member.email)
        # guard: the browser of a sign-up
        if not await _release_browser(call, tx, member) and not is_proved:
            return call.see_other(f"/login?next={quote(WELCOME, safe='')}")
        session = await login.log_in(tx, member, "", "", call.user_agent, previous_session_id=call.session_id)
    return call.login_response(session, WELCOME)


async def _release_browser(call: Call[ConfirmationFormParams], tx: Tx, member: MemberRow) -> bool:
    holder = challenges.to_browser_holder(call.prelogin_token)
    return bool(call.prelogin_token) and await emails.release_browser(tx, member, holder)


async def _check_password(call: Call[ConfirmationFormParams], member: MemberRow, password: str) -> bool:
    """Return True for the right password; count one that is wrong as the log-in does.

    Raises TooManyRequestsError.
    """
    services = call.services
    async with services.db.write() as tx:
        await login.count_attempt(tx, member.email, call.address)
    is_right = await services.passwords.verify(member.password_hash, password)
    if is_right:
        async with services.db.write() as tx:
            await login.take_back_attempt(tx, member.email, call.address)
    return is_right


@routes.get("/approved/{token}", html=True, audience=EVERYONE)
async def show_approval(call: Call[NoParams]) -> web.StreamResponse:
    await approval_links.check(call.tx, call.text("token"))
    return call.render("approved.html", token=call.text("token"))


@routes.post("/approved/{token}", html=True, params=FormParams, no_csrf=True, audience=EVERYONE)
async def log_in_approved(call: Call[FormParams]) -> web.StreamResponse:
    """Log a member in for the first time; later the link leads to the log-in."""
    member = await approval_links.redeem(call.tx, call.text("token"))
    if member is None:
        return call.see_other(f"/login?next={quote(WELCOME, safe='')}")
    token = await login.log_in(call.tx, member, "", "", call.user_agent, previous_session_id=call.session_id)
    return call.login_response(token, WELCOME)
