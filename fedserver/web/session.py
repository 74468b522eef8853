"""Authentication: bearer tokens for programs, session cookies for pages; and CSRF.

Tokens are read from the Authorization header only, so that none ends in a log of addresses
(streams are the exception, as browsers cannot set headers there). Cookies count for pages only.
"""

from __future__ import annotations

import hmac
import os
import re
from urllib.parse import quote

import structlog
from aiohttp import web
from msgspec import structs

from fedserver.domain.auth import members, sessions, tokens
from fedserver.domain.kernel.context import NodeContext, Principal
from fedserver.domain.kernel.errors import ForbiddenError, ReauthenticationRequiredError
from fedserver.domain.notifications import notifications
from fedserver.text.locales import gettext, is_supported, set_locale
from fedserver.web.appearance import looks
from fedserver.web.html import see_other, to_local_path
from storage.engine import Database, ReadTx
from storage.errors import ConflictError, DatabaseUnavailableError

LIFETIME_DAYS = 60
NOTICE_LIFETIME_S = 60  # what was done is said on the next page, which follows at once
NOTICE = re.compile(r"[a-z_]{1,32}(\.[0-9]{1,19}){0,2}")
PRELOGIN_LIFETIME_S = 3_600
LOOKS, LOOKS_LIFETIME_S = "looks", 365 * 86_400
log = structlog.stdlib.get_logger("fedserver.web")


class OutdatedFormError(ForbiddenError):
    """A form has the CSRF token of another session, or none."""


def _uses_https(site: NodeContext) -> bool:
    return site.config.node.base_url.startswith("https:")


def _bind_name(site: NodeContext, name: str) -> str:
    """Return the name of a cookie: `__Host-` binds it to this host and https; plain http is for loopback."""
    return f"__Host-{name}" if _uses_https(site) else name


def _set(response: web.StreamResponse, site: NodeContext, name: str, value: str, seconds: int) -> None:
    """Set a cookie that no script reads and no form of another site sends."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=_uses_https(site), httponly=True, samesite="Lax"
    )


def _delete(response: web.StreamResponse, site: NodeContext, name: str) -> None:
    response.del_cookie(name, path="/", secure=_uses_https(site), httponly=True, samesite="Lax")


def cookie_name(site: NodeContext) -> str:
    """Return the name of the session cookie."""
    return _bind_name(site, "session")


def set_cookie(response: web.StreamResponse, site: NodeContext, token: str) -> None:
    """Set the session cookie."""
    _set(response, site, cookie_name(site), token, LIFETIME_DAYS * 86_400)


def delete_cookie(response: web.StreamResponse, site: NodeContext) -> None:
    """Delete the session cookie."""
    _delete(response, site, cookie_name(site))


def clear_device(response: web.StreamResponse) -> None:
    """Let the browser forget what a member read here, and what waits to be sent (w3.org/TR/clear-site-data).

    This also ends its service worker and its push subscription; the next member gets their own.
    """
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def _notice_cookie_name(site: NodeContext) -> str:
    return _bind_name(site, "notice")


def read_notice(request: web.Request, site: NodeContext) -> list[str]:
    """Return what the member has just done: the name of the act, then ids; empty without an act."""
    text = request.cookies.get(_notice_cookie_name(site), "")
    return text.split(".") if NOTICE.fullmatch(text) else []


def set_notice(response: web.StreamResponse, site: NodeContext, name: str, *ids: int) -> None:
    """Set the cookie with what was done, so that the next page says it once; its address stays as it is."""
    value = ".".join([name, *(str(identifier) for identifier in ids)])
    _set(response, site, _notice_cookie_name(site), value, NOTICE_LIFETIME_S)


def delete_notice(response: web.StreamResponse, site: NodeContext) -> None:
    """Delete the cookie with what was done."""
    _delete(response, site, _notice_cookie_name(site))


def login_response(site: NodeContext, token: str, location: str) -> web.Response:
    """Return the response to a login: the session cookie and a redirect to `location`."""
    response = see_other(location)
    set_cookie(response, site, token)
    return response


def _prelogin_cookie_name(site: NodeContext) -> str:
    return _bind_name(site, "browser")


def read_prelogin_token(request: web.Request, site: NodeContext) -> str:
    """Return the token of a browser that is logging in, '' if it has none."""
    return request.cookies.get(_prelogin_cookie_name(site), "")[:200]


def set_prelogin_token(response: web.StreamResponse, site: NodeContext, token: str) -> None:
    """Set the cookie that binds the steps of a login to one browser."""
    _set(response, site, _prelogin_cookie_name(site), token, PRELOGIN_LIFETIME_S)


def parse_bearer(request: web.Request) -> str | None:
    """Return the token of the Authorization header (RFC 6750 §2.1), None for none or another scheme."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if kind.lower() == "bearer" else None


async def find_by_token(tx: ReadTx, request: web.Request, *, allow_pending: bool = False) -> Principal | None:
    """Return the principal of a bearer token, None without one.

    Raises UnauthorizedError for an invalid token; ForbiddenError for a member who is not let in, or not yet
    unless `allow_pending`.
    """
    token = parse_bearer(request)
    if token is None:
        return None
    principal = await tokens.find_principal(tx, token)
    if principal is not None:
        return principal
    return await tokens.get_pending(tx, token, allow_pending=allow_pending)


async def find_by_optional_token(
    tx: ReadTx, request: web.Request, *, refuses_revoked: bool
) -> Principal | None:
    """Return the principal of a bearer token where none is needed; None for an anonymous visitor.

    As in Mastodon (`authorize_if_got_token!`), who sends a token that is unknown is a visitor too. Raises
    ForbiddenError for a member who is not let in; UnauthorizedError for a revoked token, if
    `refuses_revoked`: the app asked for what the token allowed, and has to learn that it is over.
    """
    token = parse_bearer(request)
    if token is None:
        return None
    principal = await tokens.find_principal(tx, token)
    if principal is None:
        await tokens.check_optional(tx, token, refuses_revoked=refuses_revoked)
    return principal


async def record_use(database: Database, principal: Principal | None) -> None:
    """Record, once an hour, that a token is in use.

    An error is only logged, as the response is finished: the member may have just deleted the account.
    """
    if principal is None or not tokens.is_stale(principal, database.clock()):
        return
    try:
        async with database.write() as tx:
            await tokens.record_use(tx, principal)
    except (DatabaseUnavailableError, ConflictError):
        log.info("token_use_not_noted", token_id=principal.token_id)


async def find_by_cookie(
    tx: ReadTx, request: web.Request, site: NodeContext, *, allow_suspended: bool = False
) -> Principal | None:
    """Return the principal of a session cookie; None without a valid session.

    Suspended and disabled members count only with `allow_suspended`.
    """
    token = request.cookies.get(cookie_name(site))
    if not token:
        return None
    principal = await sessions.find_principal(tx, token, allow_suspended=allow_suspended)
    return principal if principal is None else await _count_unread(tx, request, principal)


async def find_reader(tx: ReadTx, request: web.Request, site: NodeContext) -> Principal | None:
    """Return the principal of a session cookie or bearer token that comes with a request for a file.

    Returns None if there is none. Raises UnauthorizedError and ForbiddenError as `find_by_token` does.
    """
    cookie = request.cookies.get(cookie_name(site))
    principal = await sessions.find_principal(tx, cookie) if cookie else None
    return principal or await find_by_token(tx, request)


async def _count_unread(tx: ReadTx, request: web.Request, principal: Principal) -> Principal:
    """Return the principal with the number that the navigation of a page shows; parts of pages have none."""
    if principal.account is None or principal.is_suspended or "HX-Request" in request.headers:
        return principal
    unread = await notifications.count_unread(tx, principal.account, notifications.MAX_UNREAD)
    return structs.replace(principal, unread_count=unread)


def use_member_locale(principal: Principal | None) -> None:
    """Use the language that a member chose, if any, for this request."""
    if principal is None or principal.member is None:
        return
    locale = members.decode_settings(principal.member).locale
    if is_supported(locale):
        set_locale(locale)


def find_looks(request: web.Request, site: NodeContext, principal: Principal | None) -> looks.Looks:
    """Return how a page looks to the one who asks for it: by the settings of a member, else by a cookie."""
    if principal is not None and principal.member is not None:
        return looks.to_looks(members.decode_settings(principal.member))
    text = request.cookies.get(_bind_name(site, LOOKS), "") if "Cookie" in request.headers else ""
    return looks.parse(text) if text else looks.DEFAULT


def set_looks(response: web.StreamResponse, site: NodeContext, chosen: looks.Looks) -> None:
    """Set the cookie with the looks, or delete it where nothing was chosen."""
    if value := looks.encode(chosen):
        _set(response, site, _bind_name(site, LOOKS), value, LOOKS_LIFETIME_S)
    else:
        _delete(response, site, _bind_name(site, LOOKS))


def check_origin(request: web.Request, site: NodeContext) -> None:
    """Raise ForbiddenError for a form sent from another site (w3.org/TR/fetch-metadata)."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        if fetch_site not in ("same-origin", "none"):
            raise ForbiddenError(gettext("This form was sent from another site."))
        return
    origin = request.headers.get("Origin")
    if origin not in (None, "null") and origin != site.config.node.base_url.rstrip("/"):
        raise ForbiddenError(gettext("This form was sent from another site."))


def is_from_own_page(request: web.Request, site: NodeContext) -> bool:
    """Return True if the browser says that a page of this node sent the form."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    return request.headers.get("Origin") == site.config.node.base_url.rstrip("/")


def check_recent_auth(principal: Principal | None, now: int) -> None:
    """Raise ReauthenticationRequiredError if the member gave no password or passkey recently."""
    if principal is None or not sessions.has_recent_auth(principal, now):
        raise ReauthenticationRequiredError


def build_reauthentication_url(request: web.Request, site: NodeContext) -> str:
    """Return the address of the reauthentication page, which leads back to this page or that of the form."""
    page: str | None = request.path_qs
    if request.method != "GET":
        page = site.links.path(request.headers.get("Referer", "")) or "/settings/security"
    return f"/login/again?next={quote(page or '', safe='')}"


def find_way_back(request: web.Request, site: NodeContext) -> str:
    """Return the path of the page that a form was sent from, '' if it is unknown."""
    if request.method in ("GET", "HEAD"):
        return ""
    return to_local_path(site.links.path(request.headers.get("Referer", "")) or "", "")


def mask_csrf(token: str) -> str:
    """Return a CSRF token as a page may hold it: other bytes each time.

    Pages are compressed. What is the same in each of them could be guessed from their lengths, byte by byte
    (BREACH; the defence is that of breachattack.com, "masking secrets").
    """
    plain = token.encode()
    mask = os.urandom(len(plain))
    return (mask + bytes(a ^ b for a, b in zip(mask, plain, strict=True))).hex()


def _unmask_csrf(masked: str) -> bytes:
    """Return the CSRF token that a page held; one that is not masked as it is."""
    try:
        data = bytes.fromhex(masked)
    except ValueError:
        return masked.encode()
    half = len(data) // 2
    return bytes(a ^ b for a, b in zip(data[:half], data[half:], strict=True)) if not len(data) % 2 else b""


def check_csrf(principal: Principal, token: str) -> None:
    """Raise ForbiddenError for a form without the CSRF token of the session."""
    expected = principal.csrf.encode()
    # guard: the CSRF token of a form
    if not any(hmac.compare_digest(expected, sent) for sent in (token.encode(), _unmask_csrf(token))):
        raise OutdatedFormError(gettext("The form is out of date. Go back, reload the page and try again."))
