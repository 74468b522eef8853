"""Decode CSV files as spreadsheets and other servers write them, and read what is true or false in them."""

from __future__ import annotations

import codecs
import re
import unicodedata

# RFC 4180 knows the comma alone. Spreadsheets write semicolons where the comma is the decimal separator, and
# tabs in what they call Unicode text.
DELIMITERS = (",", ";", "\t")
# The marks of UTF-32 first: the little-endian one begins with that of UTF-16.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# What spreadsheets of Western languages write where nobody chose UTF-8.
FALLBACK = "cp1252"
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # a file with these is no text
# A spreadsheet may name its delimiter in a line of its own; saved again, that has quotes and delimiters.
DELIMITER_LINE = re.compile(r'"?sep=[,;\t]"?[,;\t ]*(?:\r(?=\n))?(?=[\r\n]|\Z)', re.IGNORECASE)
INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # as right-to-left texts have

# Spreadsheets write booleans in the language of their user, in capitals; people write yes and no.
TRUE_WORDS = """
    true t yes y on 1
    wahr ja vrai oui verdadero sí si vero verdadeiro sim waar prawda tak pravda ano igaz igen adevărat
    doğru evet sann sant sand tosi kyllä αληθησ истина да صواب صحيح نعم
"""
FALSE_WORDS = """
    false f no n off 0
    falsch nein faux non falso não nao onwaar nee fałsz nie nepravda ne hamis nem fals nu
    yanlış yanliş hayır hayir usann nei falskt falsk nej epätosi ei ψευδησ ложь нет خطأ خاطئ لا
"""
BOOLEANS = dict.fromkeys(TRUE_WORDS.split(), True) | dict.fromkeys(FALSE_WORDS.split(), False)


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16, UTF-32 or Windows-1252, without marks.

    Marks are those of its encoding and the line that names its delimiter, which becomes an empty one.
    Raises UnicodeDecodeError, also for text with NUL characters.
    """
    mark = next((mark for mark in MARKS if data.startswith(mark)), b"")
    if mark:
        encoding = MARKS[mark]
        text = data.removeprefix(mark).decode(encoding)
    else:
        encoding, text = _decode_unmarked(data)
    if "\0" in text:
        start = len(mark) + len(text[: text.index("\0")].encode(encoding))
        raise UnicodeDecodeError(encoding, data, start, start + 1, "NUL character")
    return remove_delimiter_line(text)


def remove_delimiter_line(text: str) -> str:
    """Return a text without the line that names its delimiter.

    An empty line takes its place, so that the numbers of later lines stay right.
    """
    line = DELIMITER_LINE.match(text)
    return text[line.end() :] if line is not None else text


def _decode_unmarked(data: bytes) -> tuple[str, str]:
    """Return the encoding and the text of a file without a mark. Raises UnicodeDecodeError."""
    encoding = _guess_encoding(data)
    try:
        return encoding, data.decode(encoding)
    except UnicodeDecodeError:
        # With letters in UTF-8 it is a damaged file in UTF-8, in which others would become nonsense.
        if encoding != "utf-8" or CONTROLS.search(data) or not data.decode("utf-8", "ignore").isascii():
            raise
        try:
            return FALLBACK, data.decode(FALLBACK)
        except UnicodeDecodeError:
            pass  # the first error says what is wrong with it as UTF-8, which is what is asked for
        raise


def _guess_encoding(data: bytes) -> str:
    # The first character of these files is ASCII, so that all but one of its bytes are zero.
    match [byte != 0 for byte in data[:4]]:
        case [True, False, False, False]:
            return "utf-32-le"
        case [False, False, False, True]:
            return "utf-32-be"
        case [True, False, *_]:
            return "utf-16-le"
        case [False, True, *_]:
            return "utf-16-be"
    return "utf-8"


def parse_bool(cell: str, *, default: bool) -> bool:
    """Return the value of a cell that is true or false, in any language that a spreadsheet may write.

    Returns the default for an empty cell. Raises ValueError for any other text.
    """
    word = INVISIBLE.sub("", unicodedata.normalize("NFKC", cell)).strip().casefold()
    if not word:
        return default
    # Turkish has a dotted capital İ, which folds into two characters.
    value = BOOLEANS.get(word.replace("i\u0307", "i"))
    if value is None:
        raise ValueError(cell)
    return value
