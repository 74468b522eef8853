"""One emoji is one emoji, however many code points it has."""

from __future__ import annotations

import emoji
import pytest

from fedserver.text.emoji import is_emoji

SKIN_TONES = "🏻🏼🏽🏾🏿"


@pytest.mark.parametrize("text", ["🎉", "❤", "🫶", "🩷", "🦰", "🀄", "🈁", "🫨"])
def test_is_emoji_pictograph_is_true(text: str) -> None:
    assert is_emoji(text)


@pytest.mark.parametrize("text", ["❤️", "©", "©️", "™", "☺", "☺️", "✔", "↔️", "Ⓜ", "㊗️"])
def test_is_emoji_character_with_text_presentation_is_true(text: str) -> None:
    assert is_emoji(text)


@pytest.mark.parametrize("text", ["🇧🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏳️‍🌈", "🏴‍☠️"])
def test_is_emoji_flag_is_true(text: str) -> None:
    assert is_emoji(text)


@pytest.mark.parametrize("text", ["1️⃣", "1⃣", "#⃣", "*️⃣"])
def test_is_emoji_keycap_is_true(text: str) -> None:
    assert is_emoji(text)


@pytest.mark.parametrize("tone", SKIN_TONES)
@pytest.mark.parametrize("base", ["👍", "✌", "🫶"])
def test_is_emoji_with_a_skin_tone_is_true(base: str, tone: str) -> None:
    assert is_emoji(base + tone)


@pytest.mark.parametrize("text", ["👩‍🚒", "👩🏿‍🚒", "👨‍👩‍👧‍👦", "👩🏽‍❤️‍💋‍👨🏿", "👨‍🦰", "🧑🏻‍🤝‍🧑🏿", "⛹🏽‍♀️"])
def test_is_emoji_joined_sequence_is_true(text: str) -> None:
    assert is_emoji(text)


def test_is_emoji_knows_every_emoji_of_unicode_but_bare_skin_tones() -> None:
    unknown = {text for text in emoji.EMOJI_DATA if not is_emoji(text)}
    assert unknown == set(SKIN_TONES)


@pytest.mark.parametrize("text", ["🎉🎉", "🇧🇪🇧", "🇧", "👍👍🏽", "👍" * 9])
def test_is_emoji_several_or_half_is_false(text: str) -> None:
    assert not is_emoji(text)


@pytest.mark.parametrize("text", ["\u200d", "🎉\u200d", "\u200d🎉", "\ufe0f", "🏽", "\u20e3", "🏴\U000e0067"])
def test_is_emoji_parts_of_a_sequence_is_false(text: str) -> None:
    assert not is_emoji(text)


@pytest.mark.parametrize("text", ["★", "✓", "♪", "☐", "\u2190", "\U0001f3fb\U0001f3fb"])
def test_is_emoji_symbol_that_is_never_a_picture_is_false(text: str) -> None:
    assert not is_emoji(text)


@pytest.mark.parametrize("text", ["", "a", "1", "#", "*", "]", "^", "-", "🎉a", " 🎉", "🎉\n", "é", "<b>"])
def test_is_emoji_ordinary_text_is_false(text: str) -> None:
    assert not is_emoji(text)
