"""Accounts whose notifications are held back (docs.joinmastodon.org/methods/notifications#get-requests)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.notifications import NotificationRequest, render_notification_request
from fedserver.domain.notifications import notification_requests
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")
PATH = "/api/v1/notifications/requests"
READ, WRITE = "read:notifications", "write:notifications"


class RequestIdsParams(Struct, frozen=True):
    id: list[int] = []


class MergeState(Struct, frozen=True):
    merged: bool


@routes.get(PATH, auth=USER, scope=READ)
async def list_all(call: Call[NoParams]) -> EntityPage:
    views, cursors = await notification_requests.list_by_account(call.tx, call.account, call.page(40, 80))
    return to_page([render_notification_request(call.site.links, view) for view in views], cursors)


@routes.get(f"{PATH}/merged", auth=USER, scope=READ)
async def show_merged(call: Call[NoParams]) -> MergeState:
    return MergeState(await notification_requests.is_merged(call.tx, call.account))


@routes.post(f"{PATH}/accept", auth=USER, scope=WRITE, params=RequestIdsParams)
async def accept_many(call: Call[RequestIdsParams]) -> dict[str, str]:
    await notification_requests.accept_many(call.tx, call.account, call.params.id)
    return {}


@routes.post(f"{PATH}/dismiss", auth=USER, scope=WRITE, params=RequestIdsParams)
async def dismiss_many(call: Call[RequestIdsParams]) -> dict[str, str]:
    await notification_requests.dismiss_many(call.tx, call.account, call.params.id)
    return {}


@routes.get(f"{PATH}/{{id}}", auth=USER, scope=READ)
async def show(call: Call[NoParams]) -> NotificationRequest:
    view = await notification_requests.get(call.tx, call.account, call.id())
    return render_notification_request(call.site.links, view)


@routes.post(f"{PATH}/{{id}}/accept", auth=USER, scope=WRITE)
async def accept(call: Call[NoParams]) -> dict[str, str]:
    await notification_requests.accept(call.tx, call.account, call.id())
    return {}


@routes.post(f"{PATH}/{{id}}/dismiss", auth=USER, scope=WRITE)
async def dismiss(call: Call[NoParams]) -> dict[str, str]:
    await notification_requests.dismiss(call.tx, call.account, call.id())
    return {}
