"""The links with a `rel` in a remote page: `a` and `link`.

The page is tokenized and no tree is built: that takes quadratic time on elements that are nested without end.
"""

from __future__ import annotations

from contextlib import suppress
from html.parser import HTMLParser

from msgspec import Struct

MAX_LINKS = 2_000
TAGS = frozenset({"a", "link"})


class PageLink(Struct, frozen=True):
    """An `a` or `link` with a `rel`: its target as it is written, and the media type of the target."""

    rels: frozenset[str]
    target: str
    media_type: str


class _LinkParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[PageLink] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect a link, if the tag is one."""
        if tag in TAGS and len(self.links) < MAX_LINKS:
            attributes = {name: value or "" for name, value in reversed(attrs)}
            if "rel" in attributes and "href" in attributes:
                rels = frozenset(attributes["rel"].lower().split())
                self.links.append(
                    PageLink(rels, attributes["href"].strip(), attributes.get("type", "").lower())
                )


def parse_page_links(body: bytes) -> list[PageLink]:
    """Return the links of a page, at most MAX_LINKS; a tag that is still open at the end is not read."""
    parser = _LinkParser()
    # The parser asserts that declarations are well-formed; nothing is read after one that is not.
    with suppress(AssertionError):
        parser.feed(body.decode("utf-8", "replace"))
    return parser.links
