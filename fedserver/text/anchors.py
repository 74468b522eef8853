"""Places inside an article: headings get ids, and links to `#places` lead to them.

Authors of texts write ids, so each has a prefix: without one it could stand for a name that
scripts look up in the document (DOM clobbering, html.spec.whatwg.org/#named-access-on-the-window-object).
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from msgspec import Struct

from fedserver.text.excerpts import slugify
from fedserver.text.html_parts import HtmlPart, split_html
from fedserver.text.sanitize import HEADINGS, ID_PREFIX

MAX_SLUG_LENGTH = 60
MAX_HEADINGS = 100  # a table of contents that is longer helps nobody
_HEADING_WITHOUT_ID = re.compile(r"<h[1-6](?![^>]*\sid=)[^>]*>")


class Heading(Struct, frozen=True):
    """A heading with the id by which links lead to it; `level` is 1 to 6."""

    level: int
    identifier: str
    text: str


def list_headings(html: str) -> list[Heading]:
    """Return the headings of sanitized HTML that have an id and a text, at most MAX_HEADINGS."""
    headings: list[Heading] = []
    identifier, texts = "", list[str]()
    for part in split_html(html):
        if part.name in HEADINGS:
            text = " ".join("".join(texts).split())
            if part.closes and identifier and text:
                headings.append(Heading(int(part.name[1]), identifier, text))
            identifier, texts = "" if part.closes else part.attribute("id") or "", []
        elif not part.name and identifier:
            texts.append(part.text)
    return headings[:MAX_HEADINGS]


def add_anchors(html: str, page: str = "") -> str:
    """Return sanitized HTML of an article whose headings all have ids.

    Links to places of the article lead to these places on its `page`, if that is one of ours; others know
    their places without the prefix.
    """
    parts = split_html(html)
    ids = _list_ids(parts)
    sources = [part.source for part in parts]
    for index, slug in _list_headings(parts):
        identifier = _choose_id(slug, ids)
        sources[index] = f'{parts[index].source[:-1]} id="{identifier}">'
    for index, part in enumerate(parts):
        if page and part.name == "a" and not part.closes:
            sources[index] = part.replace_attribute(
                "href", lambda href: _lead_to_place(href, page, page, ids)
            )
    return "".join(sources)


def complete_anchors(html: str, page: str = "") -> str:
    """Return what `add_anchors` returns, for HTML that has been through it unless it is older."""
    return add_anchors(html, page) if _HEADING_WITHOUT_ID.search(html) else html


def localize_anchors(html: str, page: str) -> str:
    """Return sanitized HTML to be shown on a page of ours: links to its own places stay on that page."""
    if f'href="{page}#' not in html:
        return html
    parts = split_html(html)
    ids = _list_ids(parts)
    return "".join(
        part.replace_attribute("href", lambda href: _lead_to_place(href, page, "", ids))
        if part.name == "a" and not part.closes
        else part.source
        for part in parts
    )


def _list_ids(parts: list[HtmlPart]) -> dict[str, int]:
    """Return the ids in use, each with the number of the last one that was made from it."""
    return {identifier: 0 for part in parts if part.name and (identifier := part.attribute("id"))}


def _list_headings(parts: list[HtmlPart]) -> list[tuple[int, str]]:
    """Return the places of the headings without an id, and a slug of the text of each."""
    headings: list[tuple[int, str]] = []
    opened, texts = -1, list[str]()
    for index, part in enumerate(parts):
        if part.name in HEADINGS:
            if opened >= 0:
                headings.append((opened, slugify("".join(texts), MAX_SLUG_LENGTH)))
            opened = -1 if part.closes or part.attribute("id") else index
            texts = []
        elif not part.name and opened >= 0:
            texts.append(part.text)
    return headings


def _choose_id(slug: str, ids: dict[str, int]) -> str:
    """Return an id that is not in use, and put it into use: a repeated heading gets a number."""
    base = candidate = ID_PREFIX + (slug or "section")
    while candidate in ids:
        ids[base] = ids.get(base, 0) + 1
        candidate = f"{base}-{ids[base]}"
    ids[candidate] = 0
    return candidate


def _lead_to_place(href: str, page: str, target: str, ids: dict[str, int]) -> str:
    """Return a link to a place of `page` as one to the same place of `target`; any other one as it is."""
    place = href.removeprefix(f"{page}#") if href.startswith(f"{page}#") else ""
    for name in dict.fromkeys((place, unquote(place), slugify(unquote(place), MAX_SLUG_LENGTH))):
        identifier = name if name.startswith(ID_PREFIX) else ID_PREFIX + name
        if name and identifier in ids:
            return f"{target}#{identifier}"
    return href
