"""The language of a request: what a visitor chose in the footer, else what the browser prefers.

A member's own setting takes precedence; it is known only after the session was read, see
`session.use_member_locale`.
"""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.kernel.context import NodeContext
from fedserver.text.locales import is_supported, negotiate

LIFETIME_S = 365 * 86_400


def _cookie_name(site: NodeContext) -> str:
    return "__Host-locale" if site.config.node.base_url.startswith("https:") else "locale"


def negotiate_request_locale(request: web.Request, site: NodeContext) -> str:
    """Return the locale for an anonymous visitor."""
    headers = request.headers
    chosen = request.cookies.get(_cookie_name(site), "") if "Cookie" in headers else ""
    accepted = headers.get("Accept-Language", "")
    if not chosen and not accepted:  # most programs
        return site.config.node.default_locale
    # Only known codes reach the cache of `negotiate`, so that visitors cannot fill it with cookies.
    return negotiate(chosen if is_supported(chosen) else "", accepted, site.config.node.default_locale)


def set_locale_cookie(response: web.StreamResponse, site: NodeContext, code: str) -> None:
    """Set the cookie with the chosen language; '' deletes it."""
    secure = site.config.node.base_url.startswith("https:")
    if not code:
        response.del_cookie(_cookie_name(site), path="/", secure=secure, httponly=True, samesite="Lax")
        return
    response.set_cookie(
        _cookie_name(site), code, max_age=LIFETIME_S, path="/", secure=secure, httponly=True, samesite="Lax"
    )
