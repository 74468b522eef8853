"""Short forms of long texts: teasers, slugs, reading time."""

from __future__ import annotations

import unicodedata

from fedserver.text.sanitize import to_text

TEASER_LENGTH = 500
MIN_TEASER_LENGTH = 140
WORDS_PER_MINUTE = 220  # a common estimate


def make_excerpt(html: str, limit: int = TEASER_LENGTH) -> str:
    """Return the first paragraphs of `html` as plain text, at most `limit` characters, cut between words.

    Paragraphs are added until there are MIN_TEASER_LENGTH characters. A dash follows a paragraph that ends
    without punctuation, as headings do.
    """
    excerpt = ""
    for paragraph in to_text(html).split("\n\n"):
        separator = " " if unicodedata.category(excerpt[-1:] or ".").startswith("P") else " – "
        excerpt = f"{excerpt}{separator}{' '.join(paragraph.split())}".strip()
        if len(excerpt) >= MIN_TEASER_LENGTH:
            break
    return shorten(excerpt, limit)


def shorten(text: str, limit: int) -> str:
    """Return `text`, cut between words with an ellipsis if it is longer than `limit`."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:-") + "…"


def slugify(title: str, limit: int = 80) -> str:
    """Return a title as the last part of an address: lower case, hyphens; '' if nothing is left.

    Accents are dropped; letters of other scripts stay, as addresses may have them (RFC 3987).
    """
    folded = unicodedata.normalize("NFKD", title.casefold())
    letters = [letter if letter.isalnum() else "-" for letter in folded if not unicodedata.combining(letter)]
    parts = [part for part in "".join(letters).split("-") if part]
    slug = unicodedata.normalize("NFC", "-".join(parts))[:limit].rstrip("-")
    # All digits would look like the id of a post in an address.
    return f"a-{slug}" if slug.isdigit() else slug


def estimate_reading_minutes(html: str) -> int:
    """Return how many minutes a text takes to read, at least one."""
    return max(1, round(len(to_text(html).split()) / WORDS_PER_MINUTE))
