"""How pages look to one person: colours, size of the text, motion. A cookie remembers it for the log-in.

Members have it in their settings. The cookie has the same for a browser that is logged out, so that its pages
do not change colour.
"""

from __future__ import annotations

from typing import get_args

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import members
from fedserver.domain.auth.members import TextSize, Theme
from fedserver.domain.kernel.context import NodeContext, Principal

LIFETIME_S = 365 * 86_400
STILL = "still"


class Looks(Struct, frozen=True):
    """What the root element of a page says."""

    theme: Theme = "auto"
    text_size: TextSize = "normal"
    reduce_motion: bool = False


DEFAULT = Looks()


def parse(text: str) -> Looks:
    """Return what a cookie holds; what is unknown in it counts as not chosen."""
    words = text.split(".")[:3]
    theme = next((name for name in get_args(Theme) if name in words), "auto")
    size = next((name for name in get_args(TextSize) if name in words), "normal")
    return Looks(theme, size, STILL in words)


def encode(looks: Looks) -> str:
    """Return looks as a cookie holds them, '' for those that nobody chose."""
    if looks == DEFAULT:
        return ""
    return ".".join([looks.theme, looks.text_size, *([STILL] if looks.reduce_motion else [])])


def to_looks(settings: members.MemberSettings) -> Looks:
    """Return the looks that a member chose."""
    return Looks(settings.theme, settings.text_size, settings.reduce_motion)


def _uses_https(site: NodeContext) -> bool:
    return site.config.node.base_url.startswith("https:")


def _cookie_name(site: NodeContext) -> str:
    return "__Host-looks" if _uses_https(site) else "looks"


def find_looks(request: web.Request, site: NodeContext, principal: Principal | None) -> Looks:
    """Return how a page looks to the one who asks for it."""
    if principal is not None and principal.member is not None:
        return to_looks(members.decode_settings(principal.member))
    text = request.cookies.get(_cookie_name(site), "") if "Cookie" in request.headers else ""
    return parse(text) if text else DEFAULT


def set_cookie(response: web.StreamResponse, site: NodeContext, looks: Looks) -> None:
    """Set the cookie with the looks, or delete it where nothing was chosen."""
    name, secure, value = _cookie_name(site), _uses_https(site), encode(looks)
    if not value:
        response.del_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
        return
    response.set_cookie(
        name, value, max_age=LIFETIME_S, path="/", secure=secure, httponly=True, samesite="Lax"
    )
