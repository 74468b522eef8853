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
from fedserver.domain.kernel.context import Caller, Site, waits_for
from fedserver.domain.kernel.errors import Forbidden, Unauthorized, Unproved
from fedserver.text.locales import is_supported, set_locale
from fedserver.web.html import see_other
from storage.engine import Database, Tx
from storage.errors import Conflict, Unavailable

LIFETIME_DAYS = 60
BROWSER_SECONDS = 3_600
log = structlog.stdlib.get_logger("fedserver.web")


def cookie_name(site: Site) -> str:
    """`__Host-` binds the cookie to this host and to https; plain http is only for loopback."""
    return "__Host-session" if site.config.node.base_url.startswith("https:") else "session"


def set_cookie(response: web.StreamResponse, site: Site, token: str) -> None:
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


def drop_cookie(response: web.StreamResponse, site: Site) -> None:
    """Take the session away from the browser."""
    secure = site.config.node.base_url.startswith("https:")
    response.del_cookie(cookie_name(site), path="/", secure=secure, httponly=True, samesite="Lax")


def begun(site: Site, token: str, location: str) -> web.Response:
    """Logged in: the cookie, and on to `location`."""
    response = see_other(location)
    set_cookie(response, site, token)
    return response


def _browser_name(site: Site) -> str:
    return "__Host-browser" if site.config.node.base_url.startswith("https:") else "browser"


def browser(request: web.Request, site: Site) -> str:
    """The word of a browser that is on its way to log in, '' if it has none."""
    return request.cookies.get(_browser_name(site), "")[:200]


def set_browser(response: web.StreamResponse, site: Site, word: str) -> None:
    """Give a browser a word, so that what it was asked belongs to it alone until it is logged in."""
    response.set_cookie(
        _browser_name(site),
        word,
        max_age=BROWSER_SECONDS,
        path="/",
        secure=site.config.node.base_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )


def bearer(request: web.Request) -> str | None:
    """The token in the Authorization header, None if there is none. Raises Unauthorized if malformed."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthorized
    return token.strip()


async def by_token(tx: Tx, request: web.Request, *, waiting: bool = False) -> Caller | None:
    """The caller of a program's request. Raises Unauthorized for a token that is not valid.

    Somebody who still waits to be let in is refused with Forbidden, unless `waiting` people may ask.
    """
    token = bearer(request)
    if token is None:
        return None
    caller = await tokens.find(tx, token)
    if caller is not None:
        return caller
    caller = await tokens.find_waiting(tx, token)
    if caller is None or caller.member is None:
        raise Unauthorized("The access token is invalid")
    if not waiting:
        raise Forbidden(waits_for(caller.member))
    return caller


async def note_use(database: Database, caller: Caller | None) -> None:
    """Remember, once an hour, that a token is in use; never at the cost of the answer: whoever asked
    may just have left for good."""
    if caller is None or not tokens.is_stale(caller, database.clock()):
        return
    try:
        async with database.write() as tx:
            await tokens.note_use(tx, caller)
    except (Unavailable, Conflict):
        log.info("token_use_not_noted", token_id=caller.token_id)


async def by_cookie(tx: Tx, request: web.Request, site: Site, *, barred: bool = False) -> Caller | None:
    """The caller of a page; None for a stranger, an ended session, and who is kept out, if not `barred`."""
    token = request.cookies.get(cookie_name(site))
    return await sessions.find(tx, token, barred=barred) if token else None


def follow_locale(caller: Caller | None) -> None:
    """Write texts in the language that a member chose, if they chose one."""
    if caller is None or caller.member is None:
        return
    chosen = members.settings(caller.member).locale
    if is_supported(chosen):
        set_locale(chosen)


def check_origin(request: web.Request, site: Site) -> None:
    """Refuse forms sent from elsewhere. Raises Forbidden."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        if fetched not in ("same-origin", "none"):
            raise Forbidden("This form was sent from another site")
        return
    origin = request.headers.get("Origin")
    if origin not in (None, "null") and origin != site.config.node.base_url.rstrip("/"):
        raise Forbidden("This form was sent from another site")


def check_proved(caller: Caller | None, now: int) -> None:
    """Raises Unproved if the person gave no password or passkey for a while."""
    if caller is None or not sessions.is_proved(caller, now):
        raise Unproved


def page_to_prove(request: web.Request, site: Site) -> str:
    """Where to prove oneself; it leads back to the page asked for, or to that of the form."""
    page: str | None = request.path_qs
    if request.method != "GET":
        page = site.links.path(request.headers.get("Referer", "")) or "/settings/security"
    return f"/login/again?next={quote(page or '', safe='')}"


def check_csrf(caller: Caller, given: str) -> None:
    """Refuse a form without the session's own word in it. Raises Forbidden."""
    # guard: the word of a form
    if not hmac.compare_digest(caller.csrf.encode(), given.encode()):
        raise Forbidden("The form is out of date. Go back, reload the page and try again.")
