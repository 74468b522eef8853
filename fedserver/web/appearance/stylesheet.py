"""The one stylesheet of all pages: the colours of the node, then the files of `static/styles`."""

from __future__ import annotations

from functools import cache

from fedserver.web.appearance.palette import render_palette
from fedserver.web.html import STATIC, hash_file

# The last one takes back what others set, where the system sets the colours.
FILES = (
    "base",
    "forms",
    "shell",
    "posts",
    "composer",
    "reading",
    "editor",
    "joining",
    "console",
    "settings",
    "system-colours",
)


@cache
def build_stylesheet(hue: int) -> bytes:
    """Return the stylesheet of a node with this hue (degrees)."""
    parts = [(STATIC / "styles" / f"{name}.css").read_text(encoding="utf-8") for name in FILES]
    return "".join([render_palette(hue), *parts]).encode()


@cache
def stylesheet_url(hue: int) -> str:
    """Return the address of the stylesheet with its hash, so that it can be cached forever."""
    return f"/style.css?v={hash_file(build_stylesheet(hue))}"
