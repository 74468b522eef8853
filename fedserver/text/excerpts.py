"""Short forms of long texts: teasers, slugs, reading time."""

from __future__ import annotations

import unicodedata

from fedserver.text.sanitize import to_text

TEASER_LENGTH = 500
MIN_TEASER_LENGTH = 140
WORDS_PER_MINUTE = 220


def make_excerpt(html: str, limit: int = TEASER_LENGTH) -> str:
    """The first paragraphs of `html` as plain text, at most `limit` characters, cut between words.

    Paragraphs are taken until there is enough to know what it is about. A dash follows what ends without a
    sign, as headings do.
    """
    taken = ""
    for paragraph in to_text(html).split("\n\n"):
        between = " " if unicodedata.category(taken[-1:] or ".").startswith("P") else " – "
        taken = f"{taken}{between}{' '.join(paragraph.split())}".strip()
        if len(taken) >= MIN_TEASER_LENGTH:
            break
    return shorten(taken, limit)


def shorten(text: str, limit: int) -> str:
    """`text`, cut between words with an ellipsis if it is longer than `limit`."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:-") + "…"


def slugify(title: str, limit: int = 80) -> str:
    """A title as the last part of an address: lower case, hyphens; '' if nothing is left.

    Accents are dropped; letters of other scripts stay, as addresses may hold them.
    """
    folded = unicodedata.normalize("NFKD", title.casefold())
    letters = [letter if letter.isalnum() else "-" for letter in folded if not unicodedata.combining(letter)]
    parts = [part for part in "".join(letters).split("-") if part]
    slug = unicodedata.normalize("NFC", "-".join(parts))[:limit].rstrip("-")
    # All digits would look like the id of a post in an address.
    return f"a-{slug}" if slug.isdigit() else slug


def estimate_reading_minutes(html: str) -> int:
    """How many minutes a text takes to read, at least one."""
    return max(1, round(len(to_text(html).split()) / WORDS_PER_MINUTE))
