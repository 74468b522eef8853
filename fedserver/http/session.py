"""Who the caller is: a bearer token for programs, a session cookie for pages; and CSRF.

Tokens are taken from the Authorization header only, so that none ends in a log of addresses
(streams are the exception, as browsers cannot set headers there). A cookie only counts for pages.
"""

from __future__ import annotations

import hmac

import structlog
from aiohttp import web

from fedserver import domain
from storage import Database, Tx, Unavailable

LIFETIME_DAYS = 60
log = structlog.stdlib.get_logger("fedserver.http")


def cookie_name(site: domain.Site) -> str:
    """`__Host-` binds the cookie to this host and to https; plain http is only for loopback."""
    return "__Host-session" if site.config.node.base_url.startswith("https:") else "session"


def set_cookie(response: web.StreamResponse, site: domain.Site, token: str) -> None:
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


def drop_cookie(response: web.StreamResponse, site: domain.Site) -> None:
    """Take the session away from the browser."""
    secure = site.config.node.base_url.startswith("https:")
    response.del_cookie(cookie_name(site), path="/", secure=secure, httponly=True, samesite="Lax")


def bearer(request: web.Request) -> str | None:
    """The token in the Authorization header, None if there is none. Raises Unauthorized if malformed."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise domain.Unauthorized
    return token.strip()


async def by_token(tx: Tx, request: web.Request) -> domain.Caller | None:
    """The caller of a program's request. Raises Unauthorized for a token that is not valid."""
    token = bearer(request)
    if token is None:
        return None
    caller = await domain.tokens.find(tx, token)
    if caller is None:
        raise domain.Unauthorized("The access token is invalid")
    return caller


async def note_use(database: Database, caller: domain.Caller | None) -> None:
    """Remember, once an hour, that a token is in use; never at the cost of the answer."""
    if caller is None or not domain.tokens.is_stale(caller, database.clock()):
        return
    try:
        async with database.write() as tx:
            await domain.tokens.note_use(tx, caller)
    except Unavailable:
        log.info("token_use_not_noted", token_id=caller.token_id)


async def by_cookie(tx: Tx, request: web.Request, site: domain.Site) -> domain.Caller | None:
    """The caller of a page, None for a stranger or an ended session."""
    token = request.cookies.get(cookie_name(site))
    return await domain.sessions.find(tx, token) if token else None


def check_origin(request: web.Request, site: domain.Site) -> None:
    """Refuse forms sent from elsewhere. Raises Forbidden."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        if fetched not in ("same-origin", "none"):
            raise domain.Forbidden("This form was sent from another site")
        return
    origin = request.headers.get("Origin")
    if origin not in (None, "null") and origin != site.config.node.base_url.rstrip("/"):
        raise domain.Forbidden("This form was sent from another site")


def check_csrf(caller: domain.Caller, given: str) -> None:
    """Refuse a form without the session's own word in it. Raises Forbidden."""
    if not hmac.compare_digest(caller.csrf.encode(), given.encode()):
        raise domain.Forbidden("The form is out of date. Go back, reload the page and try again.")
