"""Timelines: the community, hashtags, bookmarks."""

from __future__ import annotations

from aiohttp import web
from msgspec import structs

from fedserver.domain.accounts import accounts
from fedserver.domain.content import tags
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import announcements
from fedserver.domain.timelines import timelines
from fedserver.pages.post_feed import PAGE_SIZE, PostFeed, find_newest_id, load_feed, next_page_url
from fedserver.pages.timelines import sidebar
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Routes

routes = Routes("pages")


@routes.get("/local", html=True)
async def show_local(call: Call[NoParams]) -> web.StreamResponse:
    ids = await timelines.list_public(call.tx, call.viewer_id, call.page(), local=True)
    account = call.principal.account if call.principal else None
    notices: list[announcements.AnnouncementView] = []
    if account is not None:
        notices = await announcements.list_current(call.tx, call.site, account, include_dismissed=False)
    return call.render(
        "local.html",
        feed=await load_feed(call, ids, "public"),
        newest_id=find_newest_id(call, ids),
        notices=notices,
        sidebar=await sidebar.load(call),
    )


@routes.get("/tags/{tag}", html=True)
async def show_tag(call: Call[NoParams]) -> web.StreamResponse:
    """Show the public posts with a hashtag; members can follow it."""
    name = call.text("tag")
    ids = await timelines.list_by_tag(call.tx, call.viewer_id, timelines.TagQuery(name), call.page())
    return call.render(
        "tag.html",
        feed=await load_feed(call, ids, "public"),
        tag=name,
        follows=await _find_follow(call, name),
    )


async def _find_follow(call: Call[NoParams], name: str) -> bool | None:
    """Return whether the viewer follows a hashtag, None if they cannot."""
    if call.viewer_id is None:
        return None
    try:
        row = await tags.get(call.tx, name)
    except NotFoundError:
        return None
    return bool((await tags.load_views(call.tx, [row], call.viewer_id))[0].follows)


@routes.post("/tags/{tag}/follow", html=True, auth=USER, params=FormParams, tx="write")
async def follow_tag(call: Call[FormParams]) -> web.StreamResponse:
    await tags.follow(call.tx, call.account, call.text("tag"))
    return call.redirect_back(call.params.next)


@routes.post("/tags/{tag}/unfollow", html=True, auth=USER, params=FormParams, tx="write")
async def unfollow_tag(call: Call[FormParams]) -> web.StreamResponse:
    await tags.unfollow(call.tx, call.account, call.text("tag"))
    return call.redirect_back(call.params.next)


@routes.get("/@{name}/tagged/{tag}", html=True)
async def show_account_tag(call: Call[NoParams]) -> web.StreamResponse:
    """Show the posts of one member with a hashtag."""
    row = await accounts.get_local(call.tx, call.text("name"))
    name = call.text("tag")
    ids = await timelines.list_by_account(call.tx, row.id, call.viewer_id, call.page(), tag_name=name)
    title = f"#{name} · @{row.username}"
    return call.render("timeline.html", feed=await load_feed(call, ids, "account"), title=title)


@routes.get("/bookmarks", html=True, auth=USER)
async def list_bookmarks(call: Call[NoParams]) -> web.StreamResponse:
    pairs = await timelines.list_bookmarked(call.tx, call.account.id, call.page())
    return call.render("bookmarks.html", feed=await _load_saved(call, pairs))


@routes.get("/favourites", html=True, auth=USER)
async def list_favourites(call: Call[NoParams]) -> web.StreamResponse:
    pairs = await timelines.list_liked(call.tx, call.account.id, call.page())
    return call.render("favourites.html", feed=await _load_saved(call, pairs))


async def _load_saved(call: Call[NoParams], pairs: timelines.Pairs) -> PostFeed:
    """Return a page of posts whose cursors are not the ids of the posts."""
    feed = await load_feed(call, [post_id for _, post_id in pairs], "account", PAGE_SIZE + 1)
    return structs.replace(feed, older=next_page_url(call, [cursor for cursor, _ in pairs], PAGE_SIZE))
