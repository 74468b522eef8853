"""CustomEmoji (docs.joinmastodon.org/entities/CustomEmoji)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from fedserver.client_api.entities.times import to_iso
from fedserver.domain.content.emojis import EmojiFact, decode_emojis
from fedserver.links import Links
from storage.rows.content import EmojiRow


class CustomEmoji(Struct, frozen=True):
    shortcode: str
    url: str
    static_url: str
    visible_in_picker: bool = True
    category: str | None = None


def render_custom_emojis(links: Links, emojis: Iterable[EmojiFact]) -> list[CustomEmoji]:
    """Return the emoji that a name or a post uses."""
    return [
        CustomEmoji(
            emoji.shortcode,
            links.with_grant(links.emoji(emoji.url, "original")),
            links.with_grant(links.emoji(emoji.static_url or emoji.url, "small")),
        )
        for emoji in emojis
    ]


def render_stored_emojis(links: Links, stored: str) -> list[CustomEmoji]:
    """Return the emoji that a post uses, from the JSON that is stored with it."""
    return render_custom_emojis(links, decode_emojis(stored))


def render_local_emoji(links: Links, row: EmojiRow) -> CustomEmoji:
    """Return a custom emoji of this node."""
    url, static = links.media(row.file_key), links.media(row.static_key or row.file_key)
    return CustomEmoji(row.shortcode, links.with_grant(url), links.with_grant(static), True, row.category)


class AdminEmoji(Struct, frozen=True):
    """A custom emoji as admins see it, in the shape of GoToSocial's API."""

    id: str
    shortcode: str
    url: str
    static_url: str
    category: str | None
    disabled: bool
    visible_in_picker: bool
    updated_at: str
    content_type: str
    uri: str


def render_admin_emoji(links: Links, row: EmojiRow) -> AdminEmoji:
    """Return a custom emoji of this node for its admins."""
    shown = render_local_emoji(links, row)
    return AdminEmoji(
        str(row.id),
        row.shortcode,
        shown.url,
        shown.static_url,
        row.category,
        row.disabled,
        not row.disabled,
        to_iso(row.created_at),
        row.content_type,
        shown.url,
    )
