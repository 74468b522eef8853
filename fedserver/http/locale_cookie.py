"""The language of a request: what a visitor chose in the footer, else what the browser prefers.

A member's own setting goes first; it is known only after the session was read, see `dispatch`.
"""

from __future__ import annotations

from aiohttp import web

from fedserver import domain
from fedserver.text.locales import is_supported, negotiate, set_locale

LIFETIME_S = 365 * 86_400


def _name(site: domain.Site) -> str:
    return "__Host-locale" if site.config.node.base_url.startswith("https:") else "locale"


def locale_of_request(request: web.Request, site: domain.Site) -> str:
    """Return the locale for a visitor of whom nothing but the request is known."""
    chosen = request.cookies.get(_name(site), "")
    accepted = request.headers.get("Accept-Language", "")
    # Only known codes reach the cache of `negotiate`, so that visitors cannot fill it with cookies.
    return negotiate(chosen if is_supported(chosen) else "", accepted, site.config.node.default_locale)


def follow_setting(caller: domain.Caller | None) -> None:
    """Write texts in the language that a member chose, if they chose one."""
    if caller is None or caller.member is None:
        return
    chosen = domain.members.settings(caller.member).locale
    if is_supported(chosen):
        set_locale(chosen)


def set_locale_cookie(response: web.StreamResponse, site: domain.Site, code: str) -> None:
    """Let a browser remember a language; '' lets it forget the choice."""
    secure = site.config.node.base_url.startswith("https:")
    if not code:
        response.del_cookie(_name(site), path="/", secure=secure, httponly=True, samesite="Lax")
        return
    response.set_cookie(
        _name(site), code, max_age=LIFETIME_S, path="/", secure=secure, httponly=True, samesite="Lax"
    )
