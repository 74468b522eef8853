"""Markdown files with front matter."""

from __future__ import annotations

import pytest

from fedserver.text.articles.markdown_files import MarkdownFile, read_markdown_file

DAY = 1_714_694_400_000  # 3 May 2024


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# Title\n\nText", MarkdownFile("Title", "Text")),
        ("Text\n\n# Not first", MarkdownFile("", "Text\n\n# Not first")),
        (
            "---\ntitle: \"A: 'b'\"\ndate: 2024-05-03\ntags: [one, 'two words']\n"
            "description: >\n  in\n  lines\n---\n\nText",
            MarkdownFile("A: 'b'", "Text", "in lines", ("one", "two words"), DAY),
        ),
        (
            "---\r\ntitle: T # comment\r\ntags:\r\n  - one\r\n  - two\r\n"
            "date: 2024-05-03 02:00:00 +0200\r\n---\r\n# T\r\nText",
            MarkdownFile("T", "Text", "", ("one", "two"), DAY),
        ),
        (
            '+++\ntitle = "T"\ndate = 2024-05-03T00:00:00Z\ntags = ["a"]\n+++\nText',
            MarkdownFile("T", "Text", "", ("a",), DAY),
        ),
        ("+++\nbroken\n+++\nText", MarkdownFile("", "+++\nbroken\n+++\nText")),
        ("---\n\nA rule, and no end", MarkdownFile("", "---\n\nA rule, and no end")),
        ("---\ntitle: [a, b]\ndate: soon\n---\nText", MarkdownFile("", "Text")),
        ("\ufeff# T\nText", MarkdownFile("T", "Text")),
    ],
)
def test_front_matter_is_read(source: str, expected: MarkdownFile) -> None:
    assert read_markdown_file(source.encode()) == expected


def test_other_encodings_are_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        read_markdown_file("Grüße".encode("latin-1"))
