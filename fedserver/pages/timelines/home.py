"""Home: the posts of those whom a member follows, and the articles that were most helpful this week."""

from __future__ import annotations

from aiohttp import web
from msgspec import structs

from fedserver.domain.auth import members
from fedserver.domain.notifications import announcements
from fedserver.domain.posts import articles
from fedserver.domain.registration import first_steps
from fedserver.domain.timelines import timelines
from fedserver.pages.post_feed import PAGE_SIZE, find_newest_id, load_feed
from fedserver.pages.timelines import sidebar
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("pages")


@routes.get("/home", html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    """Show what those whom the member follows have posted, below a short form to write."""
    ids = await timelines.list_home(call.tx, call.account.id, call.page())
    steps = await first_steps.find_open(call.tx, call.member, call.account)
    beside = await sidebar.load(call)
    if steps is not None:  # which say what is missing, so that the column need not
        beside = structs.replace(beside, needs_picture=False, needs_people=False)
    return call.render(
        "home.html",
        feed=await load_feed(call, ids, "home"),
        newest_id=find_newest_id(call, ids),
        notices=await announcements.list_current(call.tx, call.site, call.account, include_dismissed=False),
        settings=members.decode_settings(call.member),
        sidebar=beside,
        steps=steps,
    )


@routes.get("/home/helpful", html=True, auth=USER)
async def show_helpful(call: Call[NoParams]) -> web.StreamResponse:
    """Show the articles of this week by the number of people whom they helped."""
    offset = call.offset()
    ranked = await articles.list_helpful(call.tx, None, "week", PAGE_SIZE, offset, is_member=True)
    votes = {post_id: count for post_id, count in ranked if count}
    feed = await load_feed(call, list(votes), "public", 10_000)
    older = f"/home/helpful?offset={offset + PAGE_SIZE}" if len(votes) == PAGE_SIZE else ""
    return call.render("helpful.html", feed=feed, votes=votes, older=older, sidebar=await sidebar.load(call))
