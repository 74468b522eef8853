"""What pages share: a page of posts with its "older" link, forms that lead back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from fedserver.domain.timelines import post_views
from fedserver.web.endpoint import Call
from fedserver.web.html import see_other


class FormParams(Struct, frozen=True):
    """A form with nothing but its word against forgery, and where to go afterwards."""

    csrf: str = ""
    next: str = ""


class Feed(Struct, frozen=True):
    """A page of posts; `older` is the address of the next page, '' at the end."""

    views: list[post_views.PostView]
    older: str


async def load_feed(call: Call[Any], ids: Sequence[int], context: str, size: int = 20) -> Feed:
    """The posts of `ids` for whoever looks."""
    views = await post_views.load(call.tx, ids, call.viewer_id, context=context)
    shown = [view for view in views if not any(hit.filter.action == "hide" for hit in view.filtered)]
    return Feed(shown, next_page_url(call, ids, size))


def next_page_url(call: Call[Any], ids: Sequence[int], size: int) -> str:
    """The address of the page after this one."""
    if len(ids) < size:
        return ""
    kept = [(name, value) for name, value in call.request.query.items() if name != "max_id"]
    return f"{call.request.path}?{urlencode([*kept, ('max_id', str(ids[-1]))])}"


def redirect_back(call: Call[Any], target: str, default: str = "/home") -> web.StreamResponse:
    """On to another page of this node."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return see_other(target if plain and len(target) < 2_000 else default)
