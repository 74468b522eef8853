"""CSV files: encodings and marks as spreadsheets write them."""

from __future__ import annotations

import codecs

import pytest

from fedserver.text import csv_files

TEXT = "Account address,Show boosts\nzoë@peer.example,true\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16", "big-endian", "little-endian, no mark", "big-endian, no mark"],
)
def test_decode_any_encoding_of_spreadsheets_returns_the_text(data: bytes) -> None:
    assert csv_files.decode(data) == TEXT


@pytest.mark.parametrize("line", ["sep=;\r\n", "SEP=,\n", "sep=\t\n"])
def test_decode_named_delimiter_leaves_an_empty_line(line: str) -> None:
    text = csv_files.decode((line + "a;b\n").encode())
    assert text == "\na;b\n"


@pytest.mark.parametrize("data", [b"bob\n\xff\xfe\n", b"a\nx\0y", codecs.BOM_UTF16_LE + b"a\0\n"])
def test_decode_other_data_raises(data: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        csv_files.decode(data)
