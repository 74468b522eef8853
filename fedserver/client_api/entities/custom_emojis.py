"""CustomEmoji (docs.joinmastodon.org/entities/CustomEmoji)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from fedserver.domain.accounts import account_views
from fedserver.links import Links
from storage.rows.content import EmojiRow


class CustomEmoji(Struct, frozen=True):
    shortcode: str
    url: str
    static_url: str
    visible_in_picker: bool = True
    category: str | None = None


def render_custom_emojis(links: Links, emojis: Iterable[account_views.EmojiFact]) -> list[CustomEmoji]:
    """Return the emoji that a name or a post uses."""
    return [
        CustomEmoji(
            emoji.shortcode,
            links.emoji(emoji.url, "original"),
            links.emoji(emoji.static_url or emoji.url, "small"),
        )
        for emoji in emojis
    ]


def render_local_emoji(links: Links, row: EmojiRow) -> CustomEmoji:
    """Return a custom emoji of this node."""
    static = links.media(row.static_key or row.file_key)
    return CustomEmoji(row.shortcode, links.media(row.file_key), static, True, row.category)
