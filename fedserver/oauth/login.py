"""Log-in and log-out: plain forms; a new session each time; attempts are counted by name and address.

Who has a second step is asked for it on the next page (`second_steps`), before there is any session.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from fedserver import domain
from fedserver.http import Call, Nothing, Routes, own_page, see_other, session
from storage import MemberRow, Tx

routes = Routes("oauth")
WRONG = "The name, address or password is not right."


class LoginParams(Struct, frozen=True):
    """`email` and `username` both take either."""

    email: str = ""
    username: str = ""
    password: str = ""
    next: str = ""
    csrf: str = ""


class LogoutParams(Struct, frozen=True):
    csrf: str = ""


@routes.get("/login", html=True, params=LoginParams, tx="own", barred=True)
async def show(call: Call[LoginParams]) -> web.Response:
    if call.caller is not None and call.caller.barred:
        return see_other("/settings/decisions")
    return form(call, "", 200, next_page=call.params.next)


@routes.get("/auth/sign_in", html=True, tx="own")
async def elsewhere(call: Call[Nothing]) -> web.StreamResponse:
    """Where programs expect Mastodon's log-in page."""
    query = call.request.query.get("next", "")
    return see_other("/login" + (f"?{urlencode({'next': query})}" if query else ""))


def form(call: Call[Any], problem: str, status: int, *, login: str = "", next_page: str = "") -> web.Response:
    """The log-in page, with what went wrong."""
    page = own_page(next_page)
    return call.render("login.html", status=status, problem=problem, next=page, login=login)


def too_many(call: Call[Any], refused: web.Response, error: domain.TooMany) -> web.Response:
    """A page that says when to come again."""
    seconds = max(1, (error.retry_at - call.services.db.clock()) // 1000)
    refused.headers["Retry-After"] = str(seconds)
    return refused


@routes.post("/login", html=True, params=LoginParams, tx="own", limit="log_ins", no_csrf=True)
async def log_in(call: Call[LoginParams]) -> web.StreamResponse:
    params, services = call.params, call.services
    login = (params.email or params.username).strip()
    given = {"login": params.email or params.username, "next_page": params.next}
    response: web.StreamResponse | None = None
    try:
        async with services.db.read() as tx:
            await domain.log_ins.check_attempts(tx, login, call.address)
            member = await domain.log_ins.find(tx, login)
        kept = member.password_hash if member is not None else None
        right = await services.passwords.verify(kept, params.password)
        async with services.db.write() as tx:
            if member is None or not right:
                await domain.log_ins.failed(tx, login, call.address)
            else:
                response = await _go_on(call, tx, member, login)
    except domain.TooMany as error:
        return too_many(call, form(call, error.text, 429, **given), error)
    except domain.DomainError as error:
        return form(call, error.text, 403, **given)
    return response or form(call, WRONG, 401, **given)


async def _go_on(call: Call[LoginParams], tx: Tx, member: MemberRow, login: str) -> web.StreamResponse:
    """The password is right: a session, or the second step."""
    target = own_page(call.params.next)
    if not await domain.second_steps.is_on(tx, member):
        token = await domain.log_ins.log_in(
            tx, member, login, call.address, call.user_agent, former=call.session_id
        )
        return call.begun(token, target)
    domain.log_ins.check_let_in(member)
    word = call.browser or domain.secrets.new_secret()
    await domain.second_steps.ask(tx, member, domain.challenges.of_browser(word), login, target)
    response = see_other("/login/second")
    return call.remember(response, word)


@routes.post("/logout", html=True, params=LogoutParams, barred=True)
async def log_out(call: Call[LogoutParams]) -> web.StreamResponse:
    if call.session_id is not None:
        await domain.sessions.end(call.tx, call.session_id)
    response = see_other("/")
    session.drop_cookie(response, call.site)
    return response
