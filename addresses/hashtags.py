"""Names of hashtags that peers send: they become parts of addresses and the keys of timelines."""

from __future__ import annotations

import unicodedata

from addresses.handles import INVISIBLE_CHARACTERS

MAX_LENGTH = 100
# What may join the words of a tag, as in Mastodon (docs.joinmastodon.org/user/posting, hashtags).
SEPARATORS = frozenset("_\u00b7\u30fb\u200c")


def normalize_hashtag(text: str) -> str:
    """Return a name without its `#`, '' if it cannot be one.

    Allowed are letters, digits and marks of any script and a few separators; one character is a letter.
    """
    name = unicodedata.normalize("NFC", text.strip().removeprefix("#"))
    if not 0 < len(name) <= MAX_LENGTH or not all(map(_is_allowed, name)):
        return ""
    return name if any(letter.isalpha() for letter in name) else ""


def _is_allowed(letter: str) -> bool:
    is_word = unicodedata.category(letter)[0] in "LNM" and letter not in INVISIBLE_CHARACTERS
    return is_word or letter in SEPARATORS
