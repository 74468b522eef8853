"""The characters of texts: which may be kept, and how many a reader counts.

A text that comes in loses what no reader can see and what some format cannot hold: XML 1.0 has no control
characters (section 2.2), UTF-8 no lone surrogates, PostgreSQL no NUL.
"""

from __future__ import annotations

import re

from fedserver.on_demand import on_demand

wcwidth = on_demand("wcwidth")

# Tab and line ends stay. DEL, the C1 controls and noncharacters are legal in XML, but mean nothing in a text.
_REMOVED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Apart from the others, as each of them is compared with each character: that is twenty times as slow.
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")
_LAST_OF_PLANES = "".join(
    chr(plane + last) for plane in range(0x10000, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
)
_REMOVED_BEYOND_BMP = re.compile(f"[{_LAST_OF_PLANES}]")
_SEPARATORS = frozenset("\v\f\x85")  # they separate words: a space takes their place
# An emoji of a family has seven code points, with skin tones eleven. More than this on average is abuse.
MAX_LENGTH_RATIO = 10


def remove_controls(text: str) -> str:
    """Return `text` without control characters, lone surrogates and noncharacters (XML 1.0, section 2.2)."""
    text = _REMOVED.sub(_replace_control, text)
    if text.isascii() or _BEYOND_BMP.search(text) is None:
        return text
    return _REMOVED_BEYOND_BMP.sub("", text)


def _replace_control(match: re.Match[str]) -> str:
    return " " if match[0] in _SEPARATORS else ""


def count_graphemes(text: str) -> int:
    """Return how many characters a reader sees: extended grapheme clusters (Unicode Standard Annex 29)."""
    return len(text) if text.isascii() else sum(1 for _ in wcwidth.iter_graphemes(text))


def is_longer(text: str, max_length: int) -> bool:
    """Return True if a reader sees more than `max_length` characters, or there are far more code points."""
    if len(text) <= max_length:
        return False
    return len(text) > max_length * MAX_LENGTH_RATIO or count_graphemes(text) > max_length
