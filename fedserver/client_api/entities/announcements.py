"""Announcements (docs.joinmastodon.org/entities/Announcement)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.custom_emojis import CustomEmoji, render_local_emoji, render_stored_emojis
from fedserver.client_api.entities.times import to_iso, to_iso_or_none
from fedserver.domain.notifications import announcements
from fedserver.links import Links


class AnnouncementReaction(Struct, frozen=True):
    name: str
    count: int
    me: bool
    url: str | UnsetType = UNSET
    static_url: str | UnsetType = UNSET


class Announcement(Struct, frozen=True):
    id: str
    content: str
    starts_at: str | None
    ends_at: str | None
    all_day: bool
    published: bool
    published_at: str
    updated_at: str
    read: bool
    mentions: list[Any] = []
    statuses: list[Any] = []
    tags: list[Any] = []
    emojis: list[CustomEmoji] = []
    reactions: list[AnnouncementReaction] = []


def _render_reaction(links: Links, view: announcements.AnnouncementReactionView) -> AnnouncementReaction:
    row = view.row
    emoji = render_local_emoji(links, view.custom) if view.custom else None
    return AnnouncementReaction(
        row.name,
        row.count,
        row.is_own,
        emoji.url if emoji else UNSET,
        emoji.static_url if emoji else UNSET,
    )


def render_announcement(links: Links, view: announcements.AnnouncementView) -> Announcement:
    """Return an announcement as a member sees it."""
    row = view.row
    return Announcement(
        id=str(row.id),
        content=row.html,
        starts_at=to_iso_or_none(row.starts_at),
        ends_at=to_iso_or_none(row.ends_at),
        all_day=row.all_day,
        published=row.published_at is not None,
        published_at=to_iso(row.published_at or row.updated_at),
        updated_at=to_iso(row.updated_at),
        read=view.is_read,
        emojis=render_stored_emojis(links, view.emojis),
        reactions=[_render_reaction(links, reaction) for reaction in view.reactions],
    )
