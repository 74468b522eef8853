"""Catching up: what happened since a member was here, in one page that ends."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views
from fedserver.domain.notifications import notification_views
from fedserver.domain.posts import articles
from fedserver.domain.timelines import catch_up
from fedserver.pages.post_feed import load_feed
from fedserver.pages.timelines.mention_threads import group_mentions
from fedserver.web.endpoint import USER, Call, Routes
from storage.engine import MAX_ID, Page, first_id_at

routes = Routes("pages")
MAX_MENTIONS = 40
DECISIONS = ("moderation_warning", "severed_relationships", "poll")
Since = Literal["last", "day", "week"]
DURATIONS: dict[Since, int] = {"day": catch_up.DAY_MS, "week": 7 * catch_up.DAY_MS}


class CatchUpParams(Struct, frozen=True):
    since: Since = "last"


class FinishFormParams(Struct, frozen=True):
    """The moment (ms UTC) at which the page was made."""

    csrf: str = ""
    until: int = 0


@routes.get("/catch-up", html=True, auth=USER, params=CatchUpParams)
async def show(call: Call[CatchUpParams]) -> web.StreamResponse:
    tx, account, since = call.tx, call.account, call.params.since
    start = tx.now - DURATIONS[since] if since in DURATIONS else await catch_up.load_start(tx, account)
    missed = await catch_up.load(tx, account, start)
    page = Page(limit=MAX_MENTIONS, since_id=first_id_at(start))
    views, _ = await notification_views.list_by_account(tx, account, page, kinds=("mention", *DECISIONS))
    feed = await load_feed(call, missed.post_ids, "home", MAX_ID)
    people = await account_views.load(tx, [account_id for account_id, _ in missed.people])
    article_ids = [view.post.id for view in feed.views if view.post.kind == "Article"]
    return call.render(
        "catch_up.html",
        since=since,
        start=start,
        now=tx.now,
        feed=feed,
        votes=await articles.count_helpful(tx, article_ids),
        people=[(people[key], count) for key, count in missed.people if key in people],
        mentions=group_mentions(views),
        decisions=[view for view in views if view.row.kind in DECISIONS],
    )


@routes.post("/catch-up", html=True, auth=USER, params=FinishFormParams)
async def finish(call: Call[FinishFormParams]) -> web.StreamResponse:
    await catch_up.finish(call.tx, call.account, call.params.until)
    return call.redirect_with_notice("", "/home", "caught_up")
