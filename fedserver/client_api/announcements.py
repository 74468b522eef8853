"""Announcements (docs.joinmastodon.org/methods/announcements)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver import domain
from fedserver.client_api.entities import iso, iso_or_none
from fedserver.http import USER, Call, Nothing, Routes

routes = Routes("client_api")


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
    reactions: list[Any] = []


class ListParams(Struct, frozen=True):
    with_dismissed: bool = True


def announcement(view: domain.announcements.AnnouncementView) -> Announcement:
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
    )


@routes.get("/api/v1/announcements", who=USER, params=ListParams)
async def show(call: Call[ListParams]) -> list[Announcement]:
    found = await domain.announcements.current(
        call.tx, call.account, with_dismissed=call.params.with_dismissed
    )
    return [announcement(view) for view in found]


@routes.post("/api/v1/announcements/{id}/dismiss", who=USER, scope="write:accounts")
async def dismiss(call: Call[Nothing]) -> dict[str, str]:
    await domain.announcements.dismiss(call.tx, call.account, call.id())
    return {}
