"""Words as search compares them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fedserver.text.tokenizer import fold, parse_phrase, tokenize


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("José ÅNGSTRÖM", "jose angstrom"),
        ("Straße Łódź Œuvre smørrebrød", "strasse lodz oeuvre smorrebrod"),
        ("Ёлка", "елка"),
        ("ΟΔΌΣ", "οδοσ"),
        ("السَّلَام", "السلام"),
        ("ｶﾞｲﾄﾞ Ｐｙｔｈｏｎ", "ガイド python"),
        ("co\u00adop \u200bzero", "coop zero"),
    ],
)
def test_case_accents_and_widths_do_not_count(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It's 3rd-party, foo_bar!", ["it", "s", "3rd", "party", "foo", "bar"]),
        ("東京都", ["東京", "京都", "都"]),
        ("Python入門", ["python", "入門", "門"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("서울에", ["서울", "울에", "에"]),
        ("👍 … --", []),
    ],
)
def test_texts_become_words(text: str, found: list[str]) -> None:
    assert tokenize(text) == found


def test_a_single_unspaced_letter_is_the_beginning_of_a_word() -> None:
    assert parse_phrase("東") == (("東",), True)
    assert parse_phrase("東京") == (("東京",), False)
    assert parse_phrase("a b") == (("a", "b"), False)


@given(some.text(max_size=200))
def test_any_text_gives_words_of_letters_and_digits(text: str) -> None:
    for word in tokenize(text):
        assert word
        assert len(word) <= 64
        assert not set(word) & set("'\"\\ _:=")
