"""What may be in a text, and how long a text is for its reader."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub import document
from fedserver.text.characters import MAX_LENGTH_RATIO, count_graphemes, is_longer, remove_controls
from fedserver.text.markup import count_characters
from fedserver.text.sanitize import clean_article, clean_name, clean_post, clean_text, to_text

FAMILY = "👨‍👩‍👧‍👦"
CONTROLS = ["a\u0001b", "a\bb", "a\u000bb", "a\fb", "a\u001fb", "a\ufffeb", "a\uffffb", "a\0b", "a\ud800b",
            "a\x7fb", "a\x85b", "a\ufdd0b", "a\U0001fffeb"]  # fmt: skip


@pytest.mark.parametrize("text", CONTROLS)
def test_control_characters_are_removed_from_every_text(text: str) -> None:
    cleaned = (
        remove_controls(text),
        clean_text(text, 10),
        clean_name(text),
        clean_post(text),
        clean_article(text),
        to_text(text),
        clean_post(f"a&#{ord(text[1])};b"),
        to_text(f"a&#{ord(text[1])};b"),
    )
    for result in cleaned:
        assert text[1] not in result
        assert result[0] == "a"
        assert result[-1] == "b"
        ElementTree.fromstring(f"<a>{result}</a>".encode())
    assert text[1] not in document.text(text, 10) or text[1] == "\U0001fffe"


@given(st.text())
def test_any_text_is_well_formed_xml_afterwards(text: str) -> None:
    element = ElementTree.Element("a")
    element.text = remove_controls(text)
    assert ElementTree.fromstring(ElementTree.tostring(element)).tag == "a"


def test_tabs_line_ends_and_joined_emoji_stay() -> None:
    text = f"a\tb\nc {FAMILY} é क्षि ‏ע‎"
    assert remove_controls(text) == text


@pytest.mark.parametrize(
    ("text", "length"),
    [
        (FAMILY, 1),
        ("👩🏽‍🚀", 1),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 1),
        ("🇩🇪🇫🇷", 2),
        ("e\u0301", 1),
        ("क्षि", 1),
        ("각", 1),
        ("Año", 3),
        ("", 0),
    ],
)
def test_length_is_what_a_reader_counts(text: str, length: int) -> None:
    assert count_graphemes(text) == count_characters(text) == length


def test_length_of_addresses_and_handles_is_as_clients_count() -> None:
    assert count_characters(f"{FAMILY} https://x.test/{'é' * 200} @bob@beta.test") == 1 + 1 + 23 + 1 + 4
    assert count_characters("hi,@bob@beta.test") == len("hi,@bob")


def test_one_character_of_endless_marks_is_too_long() -> None:
    assert not is_longer("e" + "\u0301" * 9, 1)
    assert is_longer("e" + "\u0301" * 10 * MAX_LENGTH_RATIO, 1)
    assert not is_longer(FAMILY * 5, 5)
    assert is_longer(FAMILY * 6, 5)
