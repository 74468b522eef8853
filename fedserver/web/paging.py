"""Pages of lists: cursors from the query, the `Link` header in the response.

The next page comes first in the header, as some clients read only its beginning; addresses are absolute
and keep the other parameters (docs.joinmastodon.org/api/guidelines#pagination).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from storage.engine import MAX_ID, Page

CURSORS = ("max_id", "since_id", "min_id")


class EntityPage(Struct, frozen=True):
    """A page of entities (or one that holds them).

    `first` and `last` are the cursors of its first and last row, None without rows.
    """

    items: Any
    first: int | None
    last: int | None
    offsets: tuple[int | None, int | None] = (None, None)  # of the next and the previous page


def to_page(items: Any, cursors: Sequence[int]) -> EntityPage:
    """Return a page whose rows have `cursors`, newest first (of all rows read, visible or not)."""
    return EntityPage(items, cursors[0], cursors[-1]) if cursors else EntityPage(items, None, None)


def to_offset_page(items: Any, limit: int, offset: int, *, has_more: bool) -> EntityPage:
    """Return a page of a list with an order of its own; `has_more` if there may be a next page."""
    previous = max(0, offset - limit) if offset else None
    return EntityPage(items, None, None, (offset + limit if has_more else None, previous))


def parse_page(request: web.Request, default: int, max_limit: int) -> Page:
    """Return the page that the query asks for; invalid numbers are ignored, limits are clamped."""
    query = request.query
    limit = _parse_number(query.get("limit"))
    return Page(
        limit=default if limit is None else max(1, min(limit, max_limit)),
        max_id=_parse_cursor(query.get("max_id")) or MAX_ID,
        since_id=_parse_cursor(query.get("since_id")) or 0,
        min_id=_parse_cursor(query.get("min_id")),
    )


def parse_offset(request: web.Request, max_offset: int = 10_000) -> int:
    """Return the `offset` of lists that page by it, clamped."""
    return max(0, min(_parse_number(request.query.get("offset")) or 0, max_offset))


def build_link_header(request: web.Request, base_url: str, page: EntityPage) -> str | None:
    """Return the `Link` header of a page (RFC 8288), None if it is empty."""
    cursors = CURSORS if page.offsets == (None, None) else ("offset",)
    others = urlencode([(name, value) for name, value in request.query.items() if name not in cursors])
    address = f"{base_url}{request.path}?{others}{'&' if others else ''}"

    def link(cursor: str, value: int, rel: str) -> str:
        return f'<{address}{cursor}={value}>; rel="{rel}"'

    if page.first is not None and page.last is not None:
        return f"{link('max_id', page.last, 'next')}, {link('min_id', page.first, 'prev')}"
    relations = zip(page.offsets, ("next", "prev"), strict=True)
    return ", ".join(link("offset", value, rel) for value, rel in relations if value is not None) or None


def _parse_number(text: str | None) -> int | None:
    if text is None or len(text) > 20 or not text.strip().lstrip("-").isdecimal():
        return None
    return int(text)


def _parse_cursor(text: str | None) -> int | None:
    number = _parse_number(text)
    return None if number is None or not 0 <= number <= MAX_ID else number
