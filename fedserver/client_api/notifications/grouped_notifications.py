"""Notifications in groups (docs.joinmastodon.org/methods/grouped_notifications)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.accounts.account_pages import render_page
from fedserver.client_api.entities.notifications import (
    GroupedNotificationsResults,
    render_grouped_notifications,
)
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.notifications import notification_groups
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")
FULL, PARTIAL_AVATARS = "full", "partial_avatars"
GROUP_PATH = "/api/v2/notifications/{group_key}"


class GroupedNotificationsParams(Struct, frozen=True):
    types: list[str] = []
    exclude_types: list[str] = []
    grouped_types: list[str] = []
    account_id: int | None = None
    include_filtered: bool = False
    expand_accounts: str = FULL


class UnreadGroupCount(Struct, frozen=True):
    count: int


def _to_query(params: GroupedNotificationsParams) -> notification_groups.NotificationGroupQuery:
    return notification_groups.NotificationGroupQuery(
        tuple(params.types),
        tuple(params.exclude_types),
        params.account_id,
        params.include_filtered,
        tuple(params.grouped_types),
    )


@routes.get("/api/v2/notifications", auth=USER, scope="read:notifications", params=GroupedNotificationsParams)
async def list_groups(call: Call[GroupedNotificationsParams]) -> EntityPage:
    expand = call.params.expand_accounts
    if expand not in (FULL, PARTIAL_AVATARS):
        raise InvalidError("expand_accounts", f"must be {FULL} or {PARTIAL_AVATARS}")
    views, cursors = await notification_groups.list_by_account(
        call.tx, call.account, call.page(40, 80), _to_query(call.params)
    )
    results = render_grouped_notifications(call.site.links, views, partial=expand == PARTIAL_AVATARS)
    return to_page(results, cursors)


@routes.get(
    "/api/v2/notifications/unread_count",
    auth=USER,
    scope="read:notifications",
    params=GroupedNotificationsParams,
)
async def count_unread(call: Call[GroupedNotificationsParams]) -> UnreadGroupCount:
    limit = call.page(100, 1_000).limit
    return UnreadGroupCount(
        await notification_groups.count_unread(call.tx, call.account, limit, _to_query(call.params))
    )


@routes.get(GROUP_PATH, auth=USER, scope="read:notifications")
async def show_group(call: Call[NoParams]) -> GroupedNotificationsResults:
    view = await notification_groups.get(call.tx, call.account, call.text("group_key"))
    return render_grouped_notifications(call.site.links, [view], paged=False)


# The documentation demands the scope to write here, Mastodon itself the one to read.
@routes.get(f"{GROUP_PATH}/accounts", auth=USER, scope="read:notifications|write:notifications")
async def list_accounts(call: Call[NoParams]) -> EntityPage:
    key = call.text("group_key")
    pairs = await notification_groups.list_senders(call.tx, call.account, key, call.page(40, 80))
    return await render_page(call, pairs)


@routes.post(f"{GROUP_PATH}/dismiss", auth=USER, scope="write:notifications")
async def dismiss_group(call: Call[NoParams]) -> dict[str, str]:
    await notification_groups.dismiss(call.tx, call.account, call.text("group_key"))
    return {}
