"""Words as the search compares them: without case, accents and other marks that people leave out.

Scripts without spaces between words (Han, kana, Hangul, Thai, Lao, Khmer, Burmese) are cut into overlapping
pairs of letters: 東京都 is 東京 and 京都. So a word of any length is found inside any sentence.
"""

from __future__ import annotations

import re
import unicodedata

MAX_WORDS, MAX_WORD_LENGTH = 50_000, 64

_UNSPACED = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007"
    "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003fffd"
)
# Vowel signs of scripts with spaces: parts of the word, although Python does not count them as letters.
_COMBINING_MARKS = "".join(
    chr(code)
    for code in (*range(0x0900, 0x1A00), *range(0xA800, 0xAC00))
    if unicodedata.category(chr(code)) in ("Mn", "Mc")
)
_LETTERS = rf"[^\W_{_UNSPACED}]"
_TOKEN = re.compile(rf"[{_UNSPACED}]+|{_LETTERS}+(?:[{_COMBINING_MARKS}]+{_LETTERS}*)*")
_UNSPACED_LETTER = re.compile(rf"[{_UNSPACED}]")
_DROPPED = (
    (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05C7), (0x0610, 0x061A), (0x0640, 0x0640),
    (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06ED), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0x00AD, 0x00AD), (0x200B, 0x200F),
    (0x2060, 0x2060), (0xFEFF, 0xFEFF),
)  # fmt: skip
_FOLD: dict[int, str | None] = {code: None for first, last in _DROPPED for code in range(first, last + 1)}
# Letters with a stroke and ligatures, which Unicode does not decompose.
_FOLD |= {
    ord(letter): plain
    for letter, plain in zip(
        "øłđħŧıæœþðŋ", ("o", "l", "d", "h", "t", "i", "ae", "oe", "th", "d", "n"), strict=True
    )
}


def fold(text: str) -> str:
    """Return the text without case and accents; letters of other scripts stay whole."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKC", decomposed.translate(_FOLD))


def tokenize(text: str) -> list[str]:
    """Return the words of a text in their order, as they are indexed.

    The last letter of each run without spaces follows at the end, so that every single letter begins a word.
    """
    words: list[str] = []
    last_letters: dict[str, None] = {}
    for token in _TOKEN.findall(fold(text)):
        if token.isascii():
            words.append(token[:MAX_WORD_LENGTH])
            continue
        pieces = _split_token(token)
        words += pieces
        if len(pieces[-1]) == 2 and _is_unspaced(token):
            last_letters[token[-1]] = None
    return [*words[:MAX_WORDS], *last_letters]


def parse_phrase(text: str) -> tuple[tuple[str, ...], bool]:
    """Return the words of a phrase to search for, and True if the last one is only a beginning."""
    tokens = _TOKEN.findall(fold(text))
    words = tuple(piece for token in tokens for piece in _split_token(token))
    return words, bool(tokens) and len(tokens[-1]) == 1 and _is_unspaced(tokens[-1])


def _is_unspaced(token: str) -> bool:
    return _UNSPACED_LETTER.match(token) is not None


def _split_token(token: str) -> list[str]:
    if len(token) < 2 or not _is_unspaced(token):
        return [token[:MAX_WORD_LENGTH]]
    return [token[index : index + 2] for index in range(len(token) - 1)]
