"""The page of a list that a query asks for (docs.joinmastodon.org/api/guidelines#pagination)."""

from __future__ import annotations

from aiohttp import web

from storage.engine import MAX_ID, Page


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


def _parse_number(text: str | None) -> int | None:
    if text is None or len(text) > 20 or not text.strip().lstrip("-").isdecimal():
        return None
    return int(text)


def _parse_cursor(text: str | None) -> int | None:
    number = _parse_number(text)
    return None if number is None or not 0 <= number <= MAX_ID else number
