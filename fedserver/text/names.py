"""Mentions, hashtags and addresses in a text, by the rules of Mastodon.

They are found in one pass from left to right. A name begins where no word goes on: after a space, a bracket
or punctuation, and not inside an e-mail address or the path of an address.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

from addresses.handles import MAX_HOST, MAX_USERNAME, parse_mention

MAX_URL_LENGTH, MAX_NAME_LENGTH = 2_048, 100
CLOSING = ".,;:!?)]}>\"'»”’…*~。、！？）」』】"  # follows an address, and is not part of it
BREAKS = " \t\n\u00a0\u3000"
HASHES = "#＃"  # keyboards for Japanese and Chinese write the wide one
TAG_SEPARATORS = "·・\u200c"  # inside a hashtag, as with Mastodon; not at its ends
# They are marks by their category, but show that an emoji is meant.
EMOJI_MARKS = "\ufe0e\ufe0f\u20e3"
MAX_MENTION_LENGTH = MAX_USERNAME + MAX_HOST + 10  # two signs and a port
_START = re.compile(f"[@{HASHES}]|https?://")
_BREAK = re.compile(f"[{BREAKS}]")

Name = tuple[str, str | None]  # username, domain (None: ours)


class Piece(Struct, frozen=True):
    """A part of a text: kind is text, url, mention or hashtag."""

    kind: str
    text: str
    name: Name | None = None


def split_pieces(text: str, before: str = "") -> list[Piece]:
    """Split a text at its addresses, mentions and hashtags; `before` is the character that precedes it."""
    pieces: list[Piece] = []
    start = position = 0
    while (match := _START.search(text, position)) is not None:
        first = match.start()
        piece = _parse_piece(text, first, text[first - 1] if first else before)
        if piece is None:
            position = match.end()
            continue
        if first > start:
            pieces.append(Piece("text", text[start:first]))
        pieces.append(piece)
        start = position = first + len(piece.text)
    if start < len(text):
        pieces.append(Piece("text", text[start:]))
    return pieces


def _parse_piece(text: str, first: int, before: str) -> Piece | None:
    """Return the piece that begins at `first`, None if there is none."""
    if text[first] == "h":
        can_begin = not (before.isascii() and before.isalnum()) and before not in {"@", "$", *HASHES}
        return _parse_address(text, first) if can_begin else None
    if before in {"=", "/"}:
        return None
    if text[first] == "@":
        can_begin = before != "_" and not _is_word(before)
        return _parse_mention(text[first : first + MAX_MENTION_LENGTH]) if can_begin else None
    return None if before in {")", "&"} or _is_word(before) else _parse_hashtag(text, first)


def _is_word(letter: str) -> bool:
    """Return True for a letter, a digit, or a mark on one; False for '' too."""
    if letter.isascii():
        return letter.isalnum()
    return letter.isalnum() or (unicodedata.category(letter)[0] == "M" and letter not in EMOJI_MARKS)


def _parse_address(text: str, first: int) -> Piece | None:
    last = first + MAX_URL_LENGTH
    end = _BREAK.search(text, first, last + 1)
    if end is None and len(text) > last:
        return None
    address = _trim_address(text[first : end.start() if end else len(text)])
    return Piece("url", address) if len(address.partition("://")[2]) > 2 else None


def _trim_address(word: str) -> str:
    """Return an address without the punctuation that follows it; a bracket that it opened stays."""
    end = len(word)
    while end:
        last = word[end - 1]
        if last == ")" and word.count("(", 0, end) >= word.count(")", 0, end):
            break
        if last not in CLOSING:
            break
        end -= 1
    return word[:end]


def _parse_mention(text: str) -> Piece | None:
    mention = parse_mention(text)
    return Piece("mention", mention.text, (mention.username, mention.domain)) if mention is not None else None


def _parse_hashtag(text: str, first: int) -> Piece | None:
    end = first + 1
    while end < len(text) and (_is_word(text[end]) or text[end] == "_" or text[end] in TAG_SEPARATORS):
        end += 1
    name = text[first + 1 : end].rstrip(f"{TAG_SEPARATORS}_")
    is_name = 0 < len(name) <= MAX_NAME_LENGTH and name[0] not in TAG_SEPARATORS
    if not is_name or not any(letter.isalpha() for letter in name):
        return None
    return Piece("hashtag", text[first] + name)


def is_hashtag(name: str) -> bool:
    """Return True if `name` with a `#` before it is one hashtag."""
    return split_pieces(f"#{name}") == [Piece("hashtag", f"#{name}")]


def fold_tag(name: str) -> str:
    """Return a hashtag in the form in which hashtags are compared."""
    return name.lstrip(HASHES).casefold()
