"""Notifications in groups (docs.joinmastodon.org/methods/grouped_notifications)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.accounts import account
from fedserver.client_api.entities.notifications import GroupedNotificationsResults, grouped_notifications
from fedserver.domain.accounts import account_views
from fedserver.domain.kernel.errors import Invalid
from fedserver.domain.notifications import notification_groups
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed

routes = Routes("client_api")
FULL, PARTIAL = "full", "partial_avatars"
KEY = "/api/v2/notifications/{group_key}"


class ListParams(Struct, frozen=True):
    types: list[str] = []
    exclude_types: list[str] = []
    grouped_types: list[str] = []
    account_id: int | None = None
    include_filtered: bool = False
    expand_accounts: str = FULL


class Count(Struct, frozen=True):
    count: int


def _wish(params: ListParams) -> notification_groups.Wish:
    return notification_groups.Wish(
        tuple(params.types),
        tuple(params.exclude_types),
        params.account_id,
        params.include_filtered,
        tuple(params.grouped_types),
    )


@routes.get("/api/v2/notifications", who=USER, scope="read:notifications", params=ListParams)
async def show_all(call: Call[ListParams]) -> Listed:
    expand = call.params.expand_accounts
    if expand not in (FULL, PARTIAL):
        raise Invalid("expand_accounts", f"must be {FULL} or {PARTIAL}")
    views, cursors = await notification_groups.page(
        call.tx, call.account, call.page(40, 80), _wish(call.params)
    )
    found = grouped_notifications(call.site.links, views, partial=expand == PARTIAL)
    return listed(found, cursors)


@routes.get("/api/v2/notifications/unread_count", who=USER, scope="read:notifications", params=ListParams)
async def unread_count(call: Call[ListParams]) -> Count:
    most = call.page(100, 1_000).limit
    return Count(await notification_groups.unread(call.tx, call.account, most, _wish(call.params)))


@routes.get(KEY, who=USER, scope="read:notifications")
async def show(call: Call[Nothing]) -> GroupedNotificationsResults:
    view = await notification_groups.get(call.tx, call.account, call.text("group_key"))
    return grouped_notifications(call.site.links, [view], paged=False)


# The documentation asks for the right to write here, Mastodon itself for that to read.
@routes.get(f"{KEY}/accounts", who=USER, scope="read:notifications|write:notifications")
async def accounts(call: Call[Nothing]) -> Listed:
    key = call.text("group_key")
    pairs = await notification_groups.senders(call.tx, call.account, key, call.page(40, 80))
    views = await account_views.load_page(call.tx, [each for _, each in pairs])
    return listed([account(call.site.links, view) for view in views], [cursor for cursor, _ in pairs])


@routes.post(f"{KEY}/dismiss", who=USER, scope="write:notifications")
async def dismiss(call: Call[Nothing]) -> dict[str, str]:
    await notification_groups.dismiss(call.tx, call.account, call.text("group_key"))
    return {}
