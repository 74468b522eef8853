"""Those who ask to be heard (docs.joinmastodon.org/methods/notifications#get-requests)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.notifications import NotificationRequest, notification_request
from fedserver.domain.notifications import notification_requests
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed

routes = Routes("client_api")
ALL = "/api/v1/notifications/requests"
READ, WRITE = "read:notifications", "write:notifications"


class IdsParams(Struct, frozen=True):
    id: list[int] = []


class Merged(Struct, frozen=True):
    merged: bool


@routes.get(ALL, who=USER, scope=READ)
async def show_all(call: Call[Nothing]) -> Listed:
    views, cursors = await notification_requests.page(call.tx, call.account, call.page(40, 80))
    return listed([notification_request(call.site.links, view) for view in views], cursors)


@routes.get(f"{ALL}/merged", who=USER, scope=READ)
async def merged(call: Call[Nothing]) -> Merged:
    return Merged(await notification_requests.merged(call.tx, call.account))


@routes.post(f"{ALL}/accept", who=USER, scope=WRITE, params=IdsParams)
async def accept_some(call: Call[IdsParams]) -> dict[str, str]:
    await notification_requests.accept_some(call.tx, call.account, call.params.id)
    return {}


@routes.post(f"{ALL}/dismiss", who=USER, scope=WRITE, params=IdsParams)
async def dismiss_some(call: Call[IdsParams]) -> dict[str, str]:
    await notification_requests.dismiss_some(call.tx, call.account, call.params.id)
    return {}


@routes.get(f"{ALL}/{{id}}", who=USER, scope=READ)
async def show(call: Call[Nothing]) -> NotificationRequest:
    view = await notification_requests.get(call.tx, call.account, call.id())
    return notification_request(call.site.links, view)


@routes.post(f"{ALL}/{{id}}/accept", who=USER, scope=WRITE)
async def accept(call: Call[Nothing]) -> dict[str, str]:
    await notification_requests.accept(call.tx, call.account, call.id())
    return {}


@routes.post(f"{ALL}/{{id}}/dismiss", who=USER, scope=WRITE)
async def dismiss(call: Call[Nothing]) -> dict[str, str]:
    await notification_requests.dismiss(call.tx, call.account, call.id())
    return {}
