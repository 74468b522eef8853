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
        TEXT.encode("utf-32"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
        TEXT.encode("utf-32-le"),
        TEXT.encode("utf-32-be"),
        TEXT.encode("cp1252"),
    ],
    ids=[
        "utf-8",
        "utf-8 with mark",
        "utf-16",
        "big-endian",
        "little-endian, no mark",
        "big-endian, no mark",
        "utf-32",
        "utf-32 big-endian",
        "utf-32 little-endian, no mark",
        "utf-32 big-endian, no mark",
        "windows-1252",
    ],
)
def test_decode_any_encoding_of_spreadsheets_returns_the_text(data: bytes) -> None:
    assert csv_files.decode(data) == TEXT


@pytest.mark.parametrize(
    "line", ["sep=;\r\n", "SEP=,\n", "sep=\t\n", '"sep=;"\r\n', '"sep=;"\n', '"sep=,";;\n', "sep=;;;\n"]
)
def test_decode_named_delimiter_leaves_an_empty_line(line: str) -> None:
    text = csv_files.decode((line + "a;b\n").encode())
    assert text == "\na;b\n"


def test_decode_keeps_a_delimiter_that_ends_in_carriage_returns_or_with_the_file() -> None:
    assert csv_files.decode(b"sep=;\ra;b\r") == "\ra;b\r"
    assert csv_files.decode(b"sep=;") == ""
    assert csv_files.decode(b"sep=;x\n") == "sep=;x\n", "that is no such line"


@pytest.mark.parametrize(
    "data",
    [
        b"a\nx\0y",
        codecs.BOM_UTF16_LE + b"a\0\n",
        b"bob\n\x81\n",  # no letter of Windows-1252
        b"PK\x03\x04\xff\xfe\n",  # a spreadsheet itself
        "zoë@peer.example\n".encode() + b"\xff",  # a damaged file in UTF-8
        codecs.BOM_UTF8 + b"zo\xeb@peer.example\n",
    ],
)
def test_decode_other_data_raises(data: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        csv_files.decode(data)


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("true", "FALSE"), ("1", "0"), ("Yes", "no"), ("WAHR", "FALSCH"), ("ja", "Nein"), ("VRAI", "FAUX"),
        ("Oui", "NON"), ("VERDADERO", "FALSO"), ("Sí", "no"), ("VERO", "FALSO"), ("VERDADEIRO", "FALSO"),
        ("WAAR", "ONWAAR"), ("PRAWDA", "FAŁSZ"), ("DOĞRU", "YANLIŞ"), ("evet", "HAYIR"),
        ("ИСТИНА", "ЛОЖЬ"), ("صواب", "خطأ"), ("صحيح", "\u200fخطأ"), ("نعم", "لا"),
        (" ＴＲＵＥ ", "\xa0False\u200b"),
    ],
)  # fmt: skip
def test_boolean_of_a_spreadsheet_in_any_language(true: str, false: str) -> None:
    for spelling in (str, str.lower, str.upper, str.title):
        assert csv_files.parse_bool(spelling(true), default=False) is True
        assert csv_files.parse_bool(spelling(false), default=True) is False


def test_boolean_of_an_empty_cell_is_the_default_and_any_other_text_an_error() -> None:
    for default in (True, False):
        assert csv_files.parse_bool(" \u200e", default=default) is default
        for text in ("perhaps", "2", "truefalse", "-", "ture"):
            with pytest.raises(ValueError, match=text):
                csv_files.parse_bool(text, default=default)


def test_words_are_written_as_they_are_looked_up() -> None:
    for word, value in csv_files.BOOLEANS.items():
        assert csv_files.parse_bool(word, default=not value) is value
    words = csv_files.TRUE_WORDS.split() + csv_files.FALSE_WORDS.split()
    assert len(csv_files.BOOLEANS) == len(words), "none is both, or twice"
