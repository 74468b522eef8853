"""One emoji is one emoji, however many code points it has."""

from __future__ import annotations

import pytest

from fedserver.text.emoji import is_emoji


@pytest.mark.parametrize(
    "text",
    ["🎉", "❤", "❤️", "👍🏽", "👩‍🚒", "👩🏿‍🚒", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇧🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#⃣", "©️", "™", "🫶", "🩷"],
)
def test_emoji(text: str) -> None:
    assert is_emoji(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "1",
        "#",
        "🎉🎉",
        "🎉a",
        " 🎉",
        "🎉\n",
        "🇧",
        "🇧🇪🇧",
        "\u200d",
        "🎉\u200d",
        "\ufe0f",
        "é",
        "👍" * 9,
        "<b>",
    ],
)
def test_not_an_emoji(text: str) -> None:
    assert not is_emoji(text)
