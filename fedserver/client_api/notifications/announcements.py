"""Announcements (docs.joinmastodon.org/methods/announcements)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.announcements import Announcement, render_announcement
from fedserver.domain.notifications import announcements
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("client_api")
REACTION = "/api/v1/announcements/{id}/reactions/{name}"


class AnnouncementsParams(Struct, frozen=True):
    with_dismissed: bool = True


@routes.get("/api/v1/announcements", auth=USER, params=AnnouncementsParams)
async def list_announcements(call: Call[AnnouncementsParams]) -> list[Announcement]:
    views = await announcements.list_current(
        call.tx, call.site, call.account, include_dismissed=call.params.with_dismissed
    )
    return [render_announcement(call.site.links, view) for view in views]


@routes.post("/api/v1/announcements/{id}/dismiss", auth=USER, scope="write:accounts")
async def dismiss(call: Call[NoParams]) -> dict[str, str]:
    await announcements.dismiss(call.tx, call.account, call.id())
    return {}


@routes.put(REACTION, auth=USER, scope="write:favourites")
async def react(call: Call[NoParams]) -> dict[str, str]:
    await announcements.react(call.tx, call.account, call.id(), call.text("name"))
    return {}


@routes.delete(REACTION, auth=USER, scope="write:favourites")
async def unreact(call: Call[NoParams]) -> dict[str, str]:
    await announcements.unreact(call.tx, call.account, call.id(), call.text("name"))
    return {}
