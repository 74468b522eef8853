"""Announcements (docs.joinmastodon.org/methods/announcements)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.announcements import Announcement, announcement
from fedserver.domain.notifications import announcements
from fedserver.web.endpoint import USER, Call, Nothing, Routes

routes = Routes("client_api")
REACTION = "/api/v1/announcements/{id}/reactions/{name}"


class ListParams(Struct, frozen=True):
    with_dismissed: bool = True


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
