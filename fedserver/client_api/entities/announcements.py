"""Announcements (docs.joinmastodon.org/entities/Announcement)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.custom_emojis import own_emoji
from fedserver.client_api.entities.times import iso, iso_or_none
from fedserver.domain.notifications import announcements
from fedserver.links import Links


class Reaction(Struct, frozen=True):
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
    emojis: list[Any] = []
    reactions: list[Reaction] = []


def _reaction(links: Links, view: announcements.ReactionView) -> Reaction:
    row = view.row
    emoji = own_emoji(links, view.custom) if view.custom else None
    return Reaction(
        row.name,
        row.count,
        row.mine,
        emoji.url if emoji else UNSET,
        emoji.static_url if emoji else UNSET,
    )


def announcement(links: Links, view: announcements.AnnouncementView) -> Announcement:
    """A notice as a member sees it."""
    row = view.row
    return Announcement(
        id=str(row.id),
        content=row.html,
        starts_at=iso_or_none(row.starts_at),
        ends_at=iso_or_none(row.ends_at),
        all_day=row.all_day,
        published=row.published_at is not None,
        published_at=iso(row.published_at or row.updated_at),
        updated_at=iso(row.updated_at),
        read=view.read,
        reactions=[_reaction(links, each) for each in view.reactions],
    )
