"""Announcements (docs.joinmastodon.org/methods/announcements)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.custom_emojis import own_emoji
from fedserver.client_api.entities.times import iso, iso_or_none
from fedserver.domain.notifications import announcements
from fedserver.links import Links
from fedserver.web.endpoint import USER, Call, Nothing, Routes

routes = Routes("client_api")
REACTION = "/api/v1/announcements/{id}/reactions/{name}"


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


class ListParams(Struct, frozen=True):
    with_dismissed: bool = True


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


@routes.get("/api/v1/announcements", who=USER, params=ListParams)
async def show(call: Call[ListParams]) -> list[Announcement]:
    found = await announcements.current(call.tx, call.account, with_dismissed=call.params.with_dismissed)
    return [announcement(call.site.links, view) for view in found]


@routes.post("/api/v1/announcements/{id}/dismiss", who=USER, scope="write:accounts")
async def dismiss(call: Call[Nothing]) -> dict[str, str]:
    await announcements.dismiss(call.tx, call.account, call.id())
    return {}


@routes.put(REACTION, who=USER, scope="write:favourites")
async def react(call: Call[Nothing]) -> dict[str, str]:
    await announcements.react(call.tx, call.account, call.id(), call.text("name"))
    return {}


@routes.delete(REACTION, who=USER, scope="write:favourites")
async def unreact(call: Call[Nothing]) -> dict[str, str]:
    await announcements.unreact(call.tx, call.account, call.id(), call.text("name"))
    return {}
