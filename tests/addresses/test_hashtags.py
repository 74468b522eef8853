"""Names of hashtags of peers."""

from __future__ import annotations

import pytest

from addresses.hashtags import normalize_hashtag


@pytest.mark.parametrize(
    "name", ["cats", "Größe", "日本語", "हिन्दी", "a_b", "c\u00b7d", "2026x", "ア\u30fbイ"]
)
def test_hashtags_of_any_script_are_kept(name: str) -> None:
    assert normalize_hashtag(f"#{name}") == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#",
        "##a",
        "2026",
        "_",
        "a b",
        "a/b",
        "../x",
        "<b>",
        "a\nb",
        "a\u200bb",
        "a\u202eb",
        "a?b",
        "x" * 101,
        "\u3164",
    ],
)
def test_what_cannot_be_a_hashtag_is_empty(text: str) -> None:
    assert normalize_hashtag(text) == ""
