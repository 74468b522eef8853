"""Notifications, version 1 (docs.joinmastodon.org/methods/notifications)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.notifications import Notification, render_notification
from fedserver.domain.notifications import notification_views, notifications
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")


class NotificationsParams(Struct, frozen=True):
    types: list[str] = []
    exclude_types: list[str] = []
    account_id: int | None = None
    include_filtered: bool = False


class UnreadCountParams(Struct, frozen=True):
    types: list[str] = []
    exclude_types: list[str] = []
    account_id: int | None = None


class UnreadCount(Struct, frozen=True):
    count: int


@routes.get("/api/v1/notifications", auth=USER, scope="read:notifications", params=NotificationsParams)
async def list_all(call: Call[NotificationsParams]) -> EntityPage:
    params = call.params
    views, cursors = await notification_views.list_by_account(
        call.tx,
        call.account,
        call.page(40, 80),
        kinds=params.types,
        exclude=params.exclude_types,
        from_id=params.account_id,
        filtered=params.include_filtered,
    )
    return to_page([render_notification(call.site.links, view) for view in views], cursors)


@routes.get(
    "/api/v1/notifications/unread_count", auth=USER, scope="read:notifications", params=UnreadCountParams
)
async def count_unread(call: Call[UnreadCountParams]) -> UnreadCount:
    params = call.params
    count = await notifications.count_unread(
        call.tx,
        call.account,
        call.page(100, 1_000).limit,
        kinds=params.types,
        exclude=params.exclude_types,
        from_id=params.account_id,
    )
    return UnreadCount(count)


@routes.get("/api/v1/notifications/{id}", auth=USER, scope="read:notifications")
async def show(call: Call[NoParams]) -> Notification:
    return render_notification(
        call.site.links, await notification_views.get(call.tx, call.account, call.id())
    )


@routes.post("/api/v1/notifications/clear", auth=USER, scope="write:notifications")
async def clear(call: Call[NoParams]) -> dict[str, str]:
    await notifications.clear(call.tx, call.account)
    return {}


@routes.post("/api/v1/notifications/{id}/dismiss", auth=USER, scope="write:notifications")
async def dismiss(call: Call[NoParams]) -> dict[str, str]:
    await notifications.dismiss(call.tx, call.account, call.id())
    return {}
