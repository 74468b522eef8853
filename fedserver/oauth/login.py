"""Log-in and log-out: plain forms; a new session each time; attempts are counted by name and address."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver import domain
from fedserver.http import Call, Routes, see_other, session
from fedserver.http.proxies import Proxies

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


def safe_next(target: str) -> str:
    """A path of this node to go on to; anything else leads home."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if plain and "\\" not in target and len(target) < 4_000 else "/home"


@routes.get("/login", html=True, params=LoginParams, tx="own")
async def show(call: Call[LoginParams]) -> web.Response:
    return _form(call, "", 200)


def _form(call: Call[LoginParams], problem: str, status: int) -> web.Response:
    login = call.params.email or call.params.username
    return call.render(
        "login.html", status=status, problem=problem, next=safe_next(call.params.next), login=login
    )


@routes.post("/login", html=True, params=LoginParams, tx="own", limit="log_ins", no_csrf=True)
async def log_in(call: Call[LoginParams]) -> web.StreamResponse:
    params, services = call.params, call.services
    login = (params.email or params.username).strip()
    address = Proxies(call.site.config.node.trusted_proxies).remote_of(call.request)
    try:
        async with services.db.read() as tx:
            await domain.log_ins.check_attempts(tx, login, address)
            member = await domain.log_ins.find(tx, login)
        kept = member.password_hash if member is not None else None
        right = await services.passwords.verify(kept, params.password)
        async with services.db.write() as tx:
            if member is None or not right:
                await domain.log_ins.failed(tx, login, address)
                problem = WRONG
            else:
                agent = call.request.headers.get("User-Agent", "")
                token = await domain.log_ins.log_in(tx, member, login, address, agent)
                problem = ""
    except domain.TooMany as error:
        refused = _form(call, error.text, 429)
        refused.headers["Retry-After"] = str(max(1, (error.retry_at - services.db.clock()) // 1000))
        return refused
    except domain.DomainError as error:
        return _form(call, error.text, 403)
    if problem:
        return _form(call, problem, 401)
    response = see_other(safe_next(params.next))
    session.set_cookie(response, call.site, token)
    return response


@routes.post("/logout", html=True, params=LogoutParams)
async def log_out(call: Call[LogoutParams]) -> web.StreamResponse:
    if call.caller is not None and call.caller.session_id is not None:
        await domain.sessions.end(call.tx, call.caller.session_id)
    response = see_other("/")
    session.drop_cookie(response, call.site)
    return response
