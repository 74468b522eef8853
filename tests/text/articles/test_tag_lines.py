"""The hashtags in the last line of an article."""

from __future__ import annotations

import pytest

from fedserver.text.articles.tag_lines import add_tag_line, parse_tags, split_tag_line


@pytest.mark.parametrize(
    ("source", "text", "tags"),
    [
        ("Text\n\n#one #two", "Text", "one two"),
        ("#one", "", "one"),
        ("Text #one", "Text #one", ""),
        ("Text\n#one", "Text\n#one", ""),
        ("Text\n\n#1", "Text\n\n#1", ""),
        ("Text\n\n# one", "Text\n\n# one", ""),
        ("", "", ""),
    ],
)
def test_last_line_of_tags_goes_to_its_field_and_comes_back(source: str, text: str, tags: str) -> None:
    assert split_tag_line(source) == (text, tags)
    assert add_tag_line(text, parse_tags(tags)).strip() == source


def test_field_takes_what_people_write() -> None:
    assert parse_tags(" #one, two;TWO  ,#three،four ") == ["one", "TWO", "three", "four"]
