"""How pages look to one person: colours, size of the text, motion. A cookie remembers it for the log-in.

Members have it in their settings. The cookie has the same for a browser that is logged out, so that its pages
do not change colour.
"""

from __future__ import annotations

from typing import get_args

from msgspec import Struct

from fedserver.domain.auth import members
from fedserver.domain.auth.members import TextSize, Theme

STILL = "still"


class Looks(Struct, frozen=True):
    """The choices that the root element of a page names."""

    theme: Theme = "auto"
    text_size: TextSize = "normal"
    reduce_motion: bool = False


DEFAULT = Looks()


def parse(text: str) -> Looks:
    """Return what a cookie holds; what is unknown in it counts as not chosen."""
    words = text.split(".")[:3]
    themes: tuple[Theme, ...] = get_args(Theme)
    sizes: tuple[TextSize, ...] = get_args(TextSize)
    theme = next((name for name in themes if name in words), DEFAULT.theme)
    size = next((name for name in sizes if name in words), DEFAULT.text_size)
    return Looks(theme, size, STILL in words)


def encode(looks: Looks) -> str:
    """Return looks as a cookie holds them, '' for those that nobody chose."""
    if looks == DEFAULT:
        return ""
    return ".".join([looks.theme, looks.text_size, *([STILL] if looks.reduce_motion else [])])


def to_looks(settings: members.MemberSettings) -> Looks:
    """Return the looks that a member chose."""
    return Looks(settings.theme, settings.text_size, settings.reduce_motion)
