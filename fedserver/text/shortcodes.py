"""Shortcodes of custom emoji, `:name:`, in texts and in HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

# As Mastodon finds them: not inside a word, so that times such as 10:20:30 stay.
SHORTCODE = re.compile(r"(?<![A-Za-z0-9_:]):([A-Za-z0-9_]{2,50}):(?![A-Za-z0-9_:])")
NAME = re.compile(r"[A-Za-z0-9_]{2,50}")
# A tag, whatever stands in the quotes of its attributes.
_TAG = re.compile(r"""(<(?:"[^"]*"|'[^']*'|[^>"'])*>)""")
_VERBATIM = re.compile(r"<(/?)(?:code|pre|textarea)\b")
MAX_NAMES = 100  # different emoji in one text


def find_shortcodes(*texts: str) -> list[str]:
    """Return the names in texts, each once, at most MAX_NAMES."""
    names = (name for text in texts if ":" in text for name in SHORTCODE.findall(text))
    return list(dict.fromkeys(names))[:MAX_NAMES]


def render_shortcodes(html: str, find_url: Callable[[str], str]) -> str:
    """Return HTML with pictures for the shortcodes in its text, except in code.

    `find_url` returns the address of a picture, '' for a name that is none.
    """
    if ":" not in html:
        return html
    depth = 0
    parts = _TAG.split(html)
    for index, part in enumerate(parts):
        if index % 2:
            verbatim = _VERBATIM.match(part)
            if verbatim is not None:
                depth += -1 if verbatim[1] else 1
        elif depth <= 0:
            parts[index] = SHORTCODE.sub(lambda match: _render_picture(match, find_url), part)
    return "".join(parts)


def _render_picture(match: re.Match[str], find_url: Callable[[str], str]) -> str:
    url, code = find_url(match[1]), escape(match[0])
    if not url:
        return match[0]
    # The height is for programs without our style sheet: pictures may be as large as a peer likes.
    return f'<img class="emoji" src="{escape(url)}" alt="{code}" title="{code}" height="20" loading="lazy">'
