"""Pages of lists: cursors from the query, the `Link` header in the answer.

Next comes first in the header, as some clients look only at its beginning; addresses are absolute
and keep the other parameters (docs.joinmastodon.org/api/guidelines#pagination).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from storage.paging import MAX_ID, Page

CURSORS = ("max_id", "since_id", "min_id")


class Listed(Struct, frozen=True):
    """A page of entities (or one that holds them).

    `first` and `last` are the cursors of its first and last row; None: no rows.
    """

    items: Any
    first: int | None
    last: int | None
    offsets: tuple[int | None, int | None] = (None, None)  # of the next and the previous page


def listed(items: Any, cursors: Sequence[int]) -> Listed:
    """A page whose rows have `cursors`, newest first (of all rows read, shown or not)."""
    return Listed(items, cursors[0], cursors[-1]) if cursors else Listed(items, None, None)


def listed_by_offset(items: Any, limit: int, offset: int, *, more: bool) -> Listed:
    """A page of a list that has an order of its own; `more` if there may be a next one."""
    previous = max(0, offset - limit) if offset else None
    return Listed(items, None, None, (offset + limit if more else None, previous))


def page_of(request: web.Request, default: int, most: int) -> Page:
    """The page that the query asks for; what is not a number is ignored, limits are clamped."""
    query = request.query
    asked = _number(query.get("limit"))
    return Page(
        limit=default if asked is None else max(1, min(asked, most)),
        max_id=_bounded(query.get("max_id")) or MAX_ID,
        since_id=_bounded(query.get("since_id")) or 0,
        min_id=_bounded(query.get("min_id")),
    )


def offset_of(request: web.Request, most: int = 10_000) -> int:
    """The `offset` of lists that page by it, clamped."""
    return max(0, min(_number(request.query.get("offset")) or 0, most))


def link_header(request: web.Request, base_url: str, page: Listed) -> str | None:
    """The `Link` header of a page, None if it is empty."""
    used = CURSORS if page.offsets == (None, None) else ("offset",)
    kept = urlencode([(name, value) for name, value in request.query.items() if name not in used])
    address = f"{base_url}{request.path}?{kept}{'&' if kept else ''}"

    def link(cursor: str, value: int, rel: str) -> str:
        return f'<{address}{cursor}={value}>; rel="{rel}"'

    if page.first is not None and page.last is not None:
        return f"{link('max_id', page.last, 'next')}, {link('min_id', page.first, 'prev')}"
    named = zip(page.offsets, ("next", "prev"), strict=True)
    return ", ".join(link("offset", value, rel) for value, rel in named if value is not None) or None


def _number(text: str | None) -> int | None:
    if text is None or len(text) > 20 or not text.strip().lstrip("-").isdecimal():
        return None
    return int(text)


def _bounded(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None or not 0 <= number <= MAX_ID else number
