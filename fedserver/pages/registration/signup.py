"""Joining: sign-up, the set-up link of the first owner, invitations, confirmation of an email address."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, emails, invitations, login, members, one_time_links, passwords
from fedserver.domain.kernel.errors import DomainError, NotFoundError
from fedserver.domain.registration import email_blocks, setup, signups
from fedserver.text.locales import current_locale, gettext
from fedserver.web.endpoint import EVERYONE, USER, Call, FormParams, NoParams, Question, Routes
from storage.rows.auth import MemberRow

routes = Routes("pages")
WELCOME = "/settings/profile?welcome=1"


class SignupFormParams(Struct, frozen=True):
    username: str = ""
    email: str = ""
    password: str = ""
    reason: str = ""
    invitation: str = ""
    csrf: str = ""


def _render_form(
    call: Call[SignupFormParams], problem: str, *, setup: str = "", status: int = 200
) -> web.Response:
    mode = call.site.config.registration.mode
    return call.render(
        "signup.html", status=status, problem=problem, params=call.params, mode=mode, setup=setup
    )


@routes.get("/signup", html=True, params=SignupFormParams, audience=EVERYONE)
async def show(call: Call[SignupFormParams]) -> web.StreamResponse:
    if call.params.invitation and await invitations.find_valid(call.tx, call.params.invitation) is None:
        problem = gettext("This invitation is no longer valid. Please ask for a new link.")
        return _render_form(call, problem, status=410)
    return _render_form(call, "")


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
        return _render_form(call, error.message, status=422)
    if member is None:
        # As for a new member, so that nobody learns who is one.
        waiting = call.render("waiting.html", what="mail", email=params.email.strip())
        return call.set_prelogin_token(waiting, call.start_prelogin())
    return await _finish_signup(call, member)


async def _record_refusal(call: Call[SignupFormParams], error: DomainError) -> None:
    if isinstance(error, email_blocks.EmailBlockedError):
        async with call.services.db.write() as tx:
            await email_blocks.record_refusal(tx, error, call.address)


async def _finish_signup(call: Call[SignupFormParams], member: MemberRow) -> web.StreamResponse:
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


@routes.get("/setup/{token}", html=True, params=SignupFormParams, audience=EVERYONE)
async def show_setup(call: Call[SignupFormParams]) -> web.StreamResponse:
    await one_time_links.get(call.tx, "setup", call.text("token"))
    return _render_form(call, "", setup=call.text("token"))


@routes.post(
    "/setup/{token}",
    html=True,
    params=SignupFormParams,
    tx="own",
    limit="sign_ups",
    no_csrf=True,
    audience=EVERYONE,
)
async def set_up(call: Call[SignupFormParams]) -> web.StreamResponse:
    params, services, token = call.params, call.services, call.text("token")
    try:
        passwords.check_password(params.password, params.username, params.email)
        hashed = await services.passwords.hash(params.password)
        new_keys = await services.generate_keys()
        async with services.db.write() as tx:
            member = await setup.create_owner(
                tx, call.site, token, params.username.strip(), params.email, hashed, new_keys
            )
    except NotFoundError:
        raise
    except DomainError as error:
        return _render_form(call, error.message, setup=token, status=422)
    return await _finish_signup(call, member)


@routes.get("/confirm/{token}", html=True, audience=EVERYONE)
async def show_confirmation(call: Call[NoParams]) -> web.StreamResponse:
    await one_time_links.get(call.tx, "confirm", call.text("token"))
    return call.render("confirm.html", token=call.text("token"))


@routes.post("/confirm/{token}", html=True, params=FormParams, no_csrf=True, audience=EVERYONE)
async def confirm(call: Call[FormParams]) -> web.StreamResponse:
    """Confirm an address by a form: programs that scan mail open its links.

    In the browser in which they signed up, they gave their password a moment ago: it is logged in. A mail
    alone logs nobody in, as others may read it.
    """
    tx, member = call.tx, await emails.confirm(call.tx, call.text("token"))
    if member.approved_at is None:
        return call.render("waiting.html", what="approval", email=member.email)
    holder = challenges.to_browser_holder(call.prelogin_token)
    # guard: the browser of a sign-up
    if not call.prelogin_token or not await emails.release_browser(tx, member, holder):
        return call.see_other(f"/login?next={quote(WELCOME, safe='')}")
    token = await login.log_in(tx, member, "", "", call.user_agent, previous_session_id=call.session_id)
    return call.login_response(token, WELCOME)


@routes.get("/settings/invitations", html=True, auth=USER)
async def show_invitations(call: Call[NoParams]) -> web.StreamResponse:
    rows = await invitations.list_by_member(call.tx, call.member)
    member = await members.get(call.tx, call.member.id)
    return call.render("invitations.html", rows=rows, member=member, new_url="", now=call.tx.now)


class InvitationFormParams(Struct, frozen=True):
    csrf: str = ""
    uses: int = 1
    note: str = ""


@routes.post("/settings/invitations", html=True, auth=USER, params=InvitationFormParams)
async def create_invitation(call: Call[InvitationFormParams]) -> web.StreamResponse:
    member = await members.get(call.tx, call.member.id)
    invitation = await invitations.create(call.tx, member, uses=call.params.uses, note=call.params.note)
    rows = await invitations.list_by_member(call.tx, member)
    member = await members.get(call.tx, member.id)
    url = f"{call.site.links.base}/invite/{invitation.code}"
    return call.render("invitations.html", rows=rows, member=member, new_url=url, now=call.tx.now)


@routes.post(
    "/settings/invitations/{id}/revoke",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Revoke this invitation? Nobody can join with its link any more."),
)
async def revoke_invitation(call: Call[FormParams]) -> web.StreamResponse:
    await invitations.revoke(call.tx, call.member, call.id())
    return call.see_other("/settings/invitations")
