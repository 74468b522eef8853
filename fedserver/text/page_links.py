"""The links that a stranger's page names beside its text: what `a` and `link` say with `rel`.

The page is read word by word and never built: building takes quadratic time on elements that are nested
without end.
"""

from __future__ import annotations

from contextlib import suppress
from html.parser import HTMLParser

from msgspec import Struct

MAX_LINKS = 2_000
TAGS = frozenset({"a", "link"})


class PageLink(Struct, frozen=True):
    """An `a` or `link` with a `rel`: where it leads, as it is written, and the media type of that."""

    rels: frozenset[str]
    target: str
    media_type: str


class _LinkParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[PageLink] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in TAGS and len(self.links) < MAX_LINKS:
            given = {name: value or "" for name, value in reversed(attrs)}
            if "rel" in given and "href" in given:
                rels = frozenset(given["rel"].lower().split())
                self.links.append(PageLink(rels, given["href"].strip(), given.get("type", "").lower()))


def parse_page_links(body: bytes) -> list[PageLink]:
    """The links of a page, at most 2,000; what a page leaves open at its end is not read."""
    reader = _LinkParser()
    # The parser asserts that declarations are well made; behind one that is not nothing is read.
    with suppress(AssertionError):
        reader.feed(body.decode("utf-8", "replace"))
    return reader.links
