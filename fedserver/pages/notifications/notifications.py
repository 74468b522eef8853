"""Notifications of a member: grouped, by kind, and marked as read."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from msgspec import Struct, structs

from fedserver.domain.notifications import announcements, notification_groups
from fedserver.domain.notifications.notification_groups import NotificationGroupQuery
from fedserver.domain.timelines import markers
from fedserver.pages.post_feed import next_page_url
from fedserver.web.endpoint import USER, Call, Routes
from storage.engine import MAX_ID

routes = Routes("pages")
PAGE_SIZE = 30
Show = Literal["all", "mentions", "follows", "likes", "posts", "moderation"]
KINDS_BY_TAB: dict[Show, tuple[str, ...]] = {
    "all": (),
    "mentions": ("mention", "quote"),
    "follows": ("follow", "follow_request"),
    "likes": ("favourite", "reblog"),
    "posts": ("status", "poll", "update", "quoted_update"),
    "moderation": ("moderation_warning", "severed_relationships", "admin.sign_up", "admin.report"),
}


class NotificationsParams(Struct, frozen=True):
    show: Show = "all"


class ReadFormParams(Struct, frozen=True):
    """The newest notification that the member has seen."""

    csrf: str = ""
    next: str = ""
    until: int = 0


@routes.get("/notifications", html=True, auth=USER, params=NotificationsParams)
async def show(call: Call[NotificationsParams]) -> web.StreamResponse:
    """Show notifications; when all kinds are shown, they count as read from now on."""
    tab, page = call.params.show, call.page(PAGE_SIZE, PAGE_SIZE)
    query = NotificationGroupQuery(kinds=KINDS_BY_TAB[tab])
    groups, cursors = await notification_groups.list_by_account(call.tx, call.account, page, query)
    read = await markers.load_last_read(call.tx, call.account, "notifications")
    newest = max((group.newest.row.id for group in groups), default=0)
    notices = await announcements.list_current(call.tx, call.site, call.account, include_dismissed=False)
    # What a browser fetches ahead has not been read (fetch.spec.whatwg.org, Sec-Purpose).
    is_opened = tab == "all" and "prefetch" not in call.header("Sec-Purpose")
    if is_opened and newest > read:
        async with call.services.db.write() as tx:
            await markers.advance(tx, call.account, "notifications", newest)
    me = call.principal
    return call.render(
        "notifications.html",
        groups=groups,
        show=tab,
        older=next_page_url(call, [cursors[-1]] * PAGE_SIZE, PAGE_SIZE) if len(groups) == PAGE_SIZE else "",
        read=read,
        newest=newest,
        notices=notices,
        me=structs.replace(me, unread_count=0) if me is not None and is_opened else me,
    )


@routes.post("/notifications/read", html=True, auth=USER, params=ReadFormParams)
async def mark_read(call: Call[ReadFormParams]) -> web.StreamResponse:
    until = max(0, min(call.params.until, MAX_ID))
    await markers.advance(call.tx, call.account, "notifications", until)
    return call.redirect_with_notice(call.params.next, "/notifications", "notifications_read")
