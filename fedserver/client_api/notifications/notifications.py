"""Notifications, version 1 (docs.joinmastodon.org/methods/notifications)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.notifications import Notification, notification
from fedserver.domain.notifications import notifications
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed

routes = Routes("client_api")


class ListParams(Struct, frozen=True):
    types: list[str] = []
    exclude_types: list[str] = []
    account_id: int | None = None
    include_filtered: bool = False


class CountParams(Struct, frozen=True):
    types: list[str] = []
    exclude_types: list[str] = []
    account_id: int | None = None


class Count(Struct, frozen=True):
    count: int


@routes.get("/api/v1/notifications", who=USER, scope="read:notifications", params=ListParams)
async def show_all(call: Call[ListParams]) -> Listed:
    params = call.params
    views, cursors = await notifications.page(
        call.tx,
        call.account,
        call.page(40, 80),
        kinds=params.types,
        exclude=params.exclude_types,
        from_id=params.account_id,
        filtered=params.include_filtered,
    )
    return listed([notification(call.site.links, view) for view in views], cursors)


@routes.get("/api/v1/notifications/unread_count", who=USER, scope="read:notifications", params=CountParams)
async def unread_count(call: Call[CountParams]) -> Count:
    params = call.params
    found = await notifications.unread(
        call.tx,
        call.account,
        call.page(100, 1_000).limit,
        kinds=params.types,
        exclude=params.exclude_types,
        from_id=params.account_id,
    )
    return Count(found)


@routes.get("/api/v1/notifications/{id}", who=USER, scope="read:notifications")
async def show(call: Call[Nothing]) -> Notification:
    return notification(call.site.links, await notifications.get(call.tx, call.account, call.id()))


@routes.post("/api/v1/notifications/clear", who=USER, scope="write:notifications")
async def clear(call: Call[Nothing]) -> dict[str, str]:
    await notifications.clear(call.tx, call.account)
    return {}


@routes.post("/api/v1/notifications/{id}/dismiss", who=USER, scope="write:notifications")
async def dismiss(call: Call[Nothing]) -> dict[str, str]:
    await notifications.dismiss(call.tx, call.account, call.id())
    return {}
