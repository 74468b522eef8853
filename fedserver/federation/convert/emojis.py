"""Custom emoji between the column of an account or a post, and the tags of its document."""

from __future__ import annotations

import msgspec

from activitypub.objects import CustomEmoji
from fedserver.domain.content.emojis import EmojiFact, decode_emojis
from fedserver.links import Links

encode = msgspec.json.Encoder().encode


def to_emoji_tags(links: Links, text: str) -> tuple[CustomEmoji, ...]:
    """Return the tags of the emoji in a column `emojis` of a local post or account."""
    return tuple(
        CustomEmoji(
            fact.shortcode,
            links.with_grant(fact.url),
            "image/gif" if fact.url.endswith(".gif") else "image/png",
        )
        for fact in decode_emojis(text)
    )


def encode_emojis(emojis: tuple[CustomEmoji, ...]) -> str:
    """Return the JSON text of a column `emojis`; peers publish no still form of an animated emoji."""
    return encode([EmojiFact(emoji.shortcode, emoji.url, emoji.url) for emoji in emojis]).decode()
