"""Decode CSV files as spreadsheets and other servers write them."""

from __future__ import annotations

import codecs

# RFC 4180 knows the comma alone. Spreadsheets write semicolons where the comma is the decimal separator, and
# tabs in what they call Unicode text.
DELIMITERS = (",", ";", "\t")
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8 or UTF-16, without a mark of its encoding or delimiter.

    Raises UnicodeDecodeError, also for text with NUL characters.
    """
    mark = next((mark for mark in MARKS if data.startswith(mark)), b"")
    encoding = MARKS[mark] if mark else _guess_encoding(data)
    text = data.removeprefix(mark).decode(encoding)
    if "\0" in text:
        start = len(mark) + len(text[: text.index("\0")].encode(encoding))
        raise UnicodeDecodeError(encoding, data, start, start + 1, "NUL character")
    first, newline, rest = text.partition("\n")
    # A spreadsheet may name its delimiter in a line of its own. An empty line takes its place, so that the
    # numbers of later lines stay right.
    return newline + rest if first.rstrip("\r").lower() in {f"sep={one}" for one in DELIMITERS} else text


def _guess_encoding(data: bytes) -> str:
    # The first character of these files is ASCII, so that in UTF-16 one of its two bytes is zero.
    if len(data) > 1 and 0 in data[:2] and any(data[:2]):
        return "utf-16-le" if data[1] == 0 else "utf-16-be"
    return "utf-8"
