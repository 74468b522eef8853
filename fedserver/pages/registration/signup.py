"""Joining: sign-up, with or without an invitation."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct, structs

from fedserver.domain.auth import challenges, emails, login, members, passwords
from fedserver.domain.kernel.errors import DomainError
from fedserver.domain.registration import email_blocks, inviters, signups
from fedserver.text.locales import current_locale, gettext
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes
from fedserver.web.errors import group_problems
from storage.engine import ReadTx
from storage.rows.auth import MemberRow

routes = Routes("pages")
WELCOME = "/welcome"  # the first steps of a new member
FIELDS = frozenset({"username", "email", "password", "reason"})  # at which the page can show an error


class SignupFormParams(Struct, frozen=True):
    username: str = ""
    email: str = ""
    password: str = ""
    reason: str = ""
    invitation: str = ""
    csrf: str = ""


async def render_form(
    call: Call[SignupFormParams],
    tx: ReadTx,
    problem: str = "",
    problems: dict[str, str] | None = None,
    *,
    setup: str = "",
    status: int = 200,
) -> web.Response:
    """Render the form. An invitation that is no longer valid is said, and left out."""
    params = call.params
    inviter, is_valid = await inviters.find_inviter(tx, params.invitation)
    if params.invitation and not is_valid:
        problem = gettext("This invitation is no longer valid. Please ask for a new link.")
        params, status = structs.replace(params, invitation=""), max(status, 410)
    return call.render(
        "signup.html",
        status=status,
        problem=problem,
        problems=problems or {},
        params=params,
        mode=call.site.config.registration.mode,
        setup=setup,
        inviter=inviter,
    )


async def refuse(call: Call[SignupFormParams], error: DomainError, *, setup: str = "") -> web.StreamResponse:
    """Show the form again, each error at its field."""
    problem, problems = group_problems(error, FIELDS)
    async with call.services.db.read() as tx:
        return await render_form(call, tx, problem, problems, setup=setup, status=422)


@routes.get("/signup", html=True, params=SignupFormParams, audience=EVERYONE)
async def show(call: Call[SignupFormParams]) -> web.StreamResponse:
    return await render_form(call, call.tx)


@routes.get("/invite/{code}", html=True, audience=EVERYONE)
async def redirect_invitation(call: Call[NoParams]) -> web.StreamResponse:
    return call.see_other(f"/signup?invitation={call.text('code')}")


@routes.post(
    "/signup", html=True, params=SignupFormParams, tx="own", limit="sign_ups", no_csrf=True, audience=EVERYONE
)
async def sign_up(call: Call[SignupFormParams]) -> web.StreamResponse:
    params, services = call.params, call.services
    try:
        passwords.check_password(params.password, params.username, params.email)
        new_member = members.NewMember(
            username=params.username.strip(),
            email=params.email,
            password_hash=await services.passwords.hash(params.password),
            reason=params.reason,
            invitation=params.invitation,
            locale=current_locale(),
            address=call.address,
        )
        new_keys = await services.generate_keys()
        async with services.db.write() as tx:
            member = await signups.join(tx, call.site, new_member, new_keys, current_locale())
    except DomainError as error:
        await _record_refusal(call, error)
        return await refuse(call, error)
    if member is None:
        # As for a new member, so that nobody learns who is one.
        waiting = call.render("waiting.html", what="mail", email=params.email.strip())
        return call.set_prelogin_token(waiting, call.start_prelogin())
    return await finish(call, member)


async def _record_refusal(call: Call[SignupFormParams], error: DomainError) -> None:
    if isinstance(error, email_blocks.EmailBlockedError):
        async with call.services.db.write() as tx:
            await email_blocks.record_refusal(tx, error, call.address)


async def finish(call: Call[SignupFormParams], member: MemberRow) -> web.StreamResponse:
    """Log a confirmed and approved member in; show others what they have to wait for."""
    if member.email_confirmed_at is None:
        prelogin_token = call.start_prelogin()
        holder = challenges.to_browser_holder(prelogin_token)
        async with call.services.db.write() as tx:
            await emails.bind_browser(tx, member, holder)
        waiting = call.render("waiting.html", what="mail", email=member.email)
        return call.set_prelogin_token(waiting, prelogin_token)
    if member.approved_at is None:
        return call.render("waiting.html", what="approval", email=member.email)
    async with call.services.db.write() as tx:
        token = await login.log_in(
            tx, member, member.email, "", call.user_agent, previous_session_id=call.session_id
        )
    return call.login_response(token, WELCOME)
