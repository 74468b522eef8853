"""Forms that only press a button, and the redirect that follows them."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.web.html import see_other, to_local_path


class FormParams(Struct, frozen=True):
    """A form with nothing but its CSRF token and the page to return to."""

    csrf: str = ""
    next: str = ""


def redirect_back(target: str, default: str = "/home") -> web.StreamResponse:
    """Redirect to a page of this node; to the default for an address of another one."""
    return see_other(to_local_path(target, default))
