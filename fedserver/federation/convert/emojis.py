"""Custom emoji of peers as they are stored with an account or a post."""

from __future__ import annotations

import msgspec

from activitypub.objects import CustomEmoji
from fedserver.domain.accounts.account_views import EmojiFact

encode = msgspec.json.Encoder().encode


def encode_emojis(emojis: tuple[CustomEmoji, ...]) -> str:
    """Return the JSON text of a column `emojis`; peers publish no still form of an animated emoji."""
    return encode([EmojiFact(emoji.shortcode, emoji.url, emoji.url) for emoji in emojis]).decode()
