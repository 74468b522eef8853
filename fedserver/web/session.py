"""Who the caller is: a bearer token for programs, a session cookie for pages; and CSRF.

Tokens are taken from the Authorization header only, so that none ends in a log of addresses
(streams are the exception, as browsers cannot set headers there). A cookie only counts for pages.
"""

from __future__ import annotations

import hmac
from urllib.parse import quote

import structlog
from aiohttp import web

from fedserver.domain.auth import members, sessions, tokens
from fedserver.domain.kernel.context import NodeContext, Principal, describe_pending_state
from fedserver.domain.kernel.errors import ForbiddenError, ReauthenticationRequiredError, UnauthorizedError
from fedserver.text.locales import is_supported, set_locale
from fedserver.web.html import see_other
from storage.engine import Database, Tx
from storage.errors import ConflictError, DatabaseUnavailableError

LIFETIME_DAYS = 60
PRELOGIN_LIFETIME_S = 3_600
log = structlog.stdlib.get_logger("fedserver.web")


def cookie_name(site: NodeContext) -> str:
    """`__Host-` binds the cookie to this host and to https; plain http is only for loopback."""
    return "__Host-session" if site.config.node.base_url.startswith("https:") else "session"


def set_cookie(response: web.StreamResponse, site: NodeContext, token: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(site),
        token,
        max_age=LIFETIME_DAYS * 86_400,
        path="/",
        secure=site.config.node.base_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )


def delete_cookie(response: web.StreamResponse, site: NodeContext) -> None:
    """Take the session away from the browser."""
    secure = site.config.node.base_url.startswith("https:")
    response.del_cookie(cookie_name(site), path="/", secure=secure, httponly=True, samesite="Lax")


def login_response(site: NodeContext, token: str, location: str) -> web.Response:
    """Logged in: the cookie, and on to `location`."""
    response = see_other(location)
    set_cookie(response, site, token)
    return response


def _prelogin_cookie_name(site: NodeContext) -> str:
    return "__Host-browser" if site.config.node.base_url.startswith("https:") else "browser"


def read_prelogin_token(request: web.Request, site: NodeContext) -> str:
    """The word of a browser that is on its way to log in, '' if it has none."""
    return request.cookies.get(_prelogin_cookie_name(site), "")[:200]


def set_prelogin_token(response: web.StreamResponse, site: NodeContext, token: str) -> None:
    """Give a browser a word, so that what it was asked belongs to it alone until it is logged in."""
    response.set_cookie(
        _prelogin_cookie_name(site),
        token,
        max_age=PRELOGIN_LIFETIME_S,
        path="/",
        secure=site.config.node.base_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )


def parse_bearer(request: web.Request) -> str | None:
    """The token in the Authorization header, None if there is none. Raises Unauthorized if malformed."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise UnauthorizedError
    return token.strip()


async def find_by_token(tx: Tx, request: web.Request, *, allow_pending: bool = False) -> Principal | None:
    """The caller of a program's request. Raises Unauthorized for a token that is not valid.

    Somebody who still waits to be let in is refused with Forbidden, unless `waiting` people may ask.
    """
    token = parse_bearer(request)
    if token is None:
        return None
    caller = await tokens.find_principal(tx, token)
    if caller is not None:
        return caller
    caller = await tokens.find_principal_or_pending(tx, token)
    if caller is None or caller.member is None:
        raise UnauthorizedError("The access token is invalid")
    if not allow_pending:
        raise ForbiddenError(describe_pending_state(caller.member))
    return caller


async def record_use(database: Database, principal: Principal | None) -> None:
    """Remember, once an hour, that a token is in use; never at the cost of the answer: whoever asked
    may just have left for good."""
    if principal is None or not tokens.is_stale(principal, database.clock()):
        return
    try:
        async with database.write() as tx:
            await tokens.record_use(tx, principal)
    except (DatabaseUnavailableError, ConflictError):
        log.info("token_use_not_noted", token_id=principal.token_id)


async def find_by_cookie(
    tx: Tx, request: web.Request, site: NodeContext, *, allow_suspended: bool = False
) -> Principal | None:
    """The caller of a page; None for a stranger, an ended session, and who is kept out, if not `barred`."""
    token = request.cookies.get(cookie_name(site))
    return await sessions.find_principal(tx, token, allow_suspended=allow_suspended) if token else None


def use_member_locale(principal: Principal | None) -> None:
    """Write texts in the language that a member chose, if they chose one."""
    if principal is None or principal.member is None:
        return
    chosen = members.decode_settings(principal.member).locale
    if is_supported(chosen):
        set_locale(chosen)


def check_origin(request: web.Request, site: NodeContext) -> None:
    """Refuse forms sent from elsewhere. Raises Forbidden."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        if fetched not in ("same-origin", "none"):
            raise ForbiddenError("This form was sent from another site")
        return
    origin = request.headers.get("Origin")
    if origin not in (None, "null") and origin != site.config.node.base_url.rstrip("/"):
        raise ForbiddenError("This form was sent from another site")


def check_recent_auth(principal: Principal | None, now: int) -> None:
    """Raises Unproved if the person gave no password or passkey for a while."""
    if principal is None or not sessions.has_recent_auth(principal, now):
        raise ReauthenticationRequiredError


def build_reauthentication_url(request: web.Request, site: NodeContext) -> str:
    """Where to prove oneself; it leads back to the page asked for, or to that of the form."""
    page: str | None = request.path_qs
    if request.method != "GET":
        page = site.links.path(request.headers.get("Referer", "")) or "/settings/security"
    return f"/login/again?next={quote(page or '', safe='')}"


def check_csrf(principal: Principal, given: str) -> None:
    """Refuse a form without the session's own word in it. Raises Forbidden."""
    # guard: the word of a form
    if not hmac.compare_digest(principal.csrf.encode(), given.encode()):
        raise ForbiddenError("The form is out of date. Go back, reload the page and try again.")
