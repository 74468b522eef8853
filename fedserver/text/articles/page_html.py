"""The HTML of an article for a page of this node: a part of the page, beside its title and replies.

What is stored and sent to peers has none of this.
"""

from __future__ import annotations

import re

from msgspec import Struct

from fedserver.text.anchors import Heading, list_headings
from fedserver.text.articles.highlighting import highlight_code

TOP_LEVEL, LOWEST_LEVEL = 2, 6  # the title of the page has the first one
_HEADING = re.compile(r"<(/?)h([1-6])((?: [a-z]+=\"[^\"]*\")*)>")
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)


class ArticleBody(Struct, frozen=True):
    """The text of an article, ready to be shown, and its headings."""

    html: str
    headings: tuple[Heading, ...]


def build_body(html: str, table_label: str) -> ArticleBody:
    """Return the text for a page. Wide tables can be scrolled by keyboard, under the name `table_label`."""
    html = highlight_code(order_headings(html))
    if "<table" in html:
        opening = f'<div class="scroll" role="region" tabindex="0" aria-label="{table_label}">'
        html = _TABLE.sub(lambda match: f"{opening}{match[0]}</div>", html)
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<img ", '<img loading="lazy" ')
    return ArticleBody(html, tuple(list_headings(html)))


def order_headings(html: str) -> str:
    """Return HTML whose highest heading is of the second level, and in which no level is left out.

    People who hear a page find their way by its headings (WCAG 2.2, 1.3.1 and 2.4.6).
    """
    levels = [int(level) for closes, level, _ in _HEADING.findall(html) if not closes]
    if not levels:
        return html
    opened: list[tuple[int, int]] = []  # the written and the shown level of the headings above

    def place(match: re.Match[str]) -> str:
        level = int(match[2])
        if match[1]:
            return f"</h{opened[-1][1] if opened else level}>"
        while opened and opened[-1][0] >= level:
            opened.pop()
        shown = min(opened[-1][1] + 1 if opened else TOP_LEVEL, LOWEST_LEVEL)
        opened.append((level, shown))
        return f"<h{shown}{match[3]}>"

    return _HEADING.sub(place, html)
