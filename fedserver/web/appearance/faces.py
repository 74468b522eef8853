"""The picture of an account on pages: its own, or its initials on a colour that its name decides."""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

from markupsafe import Markup

from fedserver.on_demand import on_demand
from fedserver.web.appearance.palette import FACES
from fedserver.web.html import static_url
from storage.rows.accounts import AccountRow

wcwidth = on_demand("wcwidth")  # most names begin with letters of ASCII

MAX_INITIALS = 2
MAX_KEPT = 500  # of pictures, initials and icons, as HTML: a page of posts has hundreds of them


def find_initials(name: str) -> str:
    """Return the first character of the first and of the last word that begin with a letter or digit."""
    words = [word for word in name.split() if word[:1].isalnum()] or name.split()
    chosen = words if len(words) < MAX_INITIALS else [words[0], words[-1]]
    return (
        "".join(
            word[0] if word.isascii() else next(iter(wcwidth.iter_graphemes(word)), "") for word in chosen
        )
        or "?"
    )


def choose_face(row: AccountRow) -> int:
    """Return the number of the colour of an account, which stays the same."""
    return crc32(f"{row.username}@{row.domain}".lower().encode()) % FACES


def render_face(row: AccountRow, address: str, size: str, alt: str) -> Markup:
    """Return the picture at an address, or the initials if it is ''; `size` is a class of the stylesheet."""
    if address:
        return _render_picture(size, address, alt)
    return _render_initials(size, choose_face(row), row.display_name or row.username)


@lru_cache(MAX_KEPT)
def _render_picture(size: str, address: str, alt: str) -> Markup:
    classes = f"avatar {size}".strip()
    return Markup('<img class="{}" src="{}" alt="{}" loading="lazy">').format(classes, address, alt)


@lru_cache(MAX_KEPT)
def _render_initials(size: str, face: int, name: str) -> Markup:
    return Markup('<span class="{} face-{}" aria-hidden="true" translate="no">{}</span>').format(
        f"avatar {size}".strip(), face, find_initials(name)
    )


@lru_cache(MAX_KEPT)
def render_icon(name: str) -> Markup:
    """Return an icon beside a text that says the same."""
    address = static_url("vendor/icons.svg")
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>').format(address, name)
