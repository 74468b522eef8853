"""The tags and texts of sanitized HTML, in their order.

Only for what the sanitizer returned: every tag is closed, every attribute is quoted, and `<` is never text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape

from msgspec import Struct

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:[^">]|"[^"]*")*)>')
_ATTRIBUTE = re.compile(r'([^\s"=<>/]+)="([^"]*)"')


class HtmlPart(Struct, frozen=True):
    """A tag, or the text between two (`name` is '')."""

    source: str
    name: str = ""
    closes: bool = False

    @property
    def text(self) -> str:
        """The text as a reader sees it."""
        return unescape(self.source) if "&" in self.source else self.source

    def attribute(self, name: str) -> str | None:
        """Return the value of an attribute, None if the tag has none."""
        values = (match[2] for match in _ATTRIBUTE.finditer(self.source) if match[1] == name)
        value = next(values, None)
        return None if value is None else unescape(value)

    def replace_attribute(self, name: str, to_value: Callable[[str], str]) -> str:
        """Return the tag with another value of an attribute."""

        def replace(match: re.Match[str]) -> str:
            if match[1] != name:
                return match[0]
            return f'{name}="{escape(to_value(unescape(match[2])))}"'

        return _ATTRIBUTE.sub(replace, self.source)


def split_html(html: str) -> list[HtmlPart]:
    """Return the parts of sanitized HTML; their sources together are `html`."""
    parts = []
    position = 0
    for match in _TAG.finditer(html):
        if match.start() > position:
            parts.append(HtmlPart(html[position : match.start()]))
        parts.append(HtmlPart(match[0], match[2], bool(match[1])))
        position = match.end()
    if position < len(html):
        parts.append(HtmlPart(html[position:]))
    return parts
