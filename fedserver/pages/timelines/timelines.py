"""Timelines: home, the community, hashtags, bookmarks; notifications and search."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views, accounts
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import announcements, notification_views
from fedserver.domain.timelines import markers, post_views, search, timelines
from fedserver.pages.post_feed import PAGE_SIZE, PostFeed, load_feed, next_page_url
from fedserver.text.locales import gettext
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Routes
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

routes = Routes("pages")


@routes.get("/home", html=True, auth=USER)
async def show_home(call: Call[NoParams]) -> web.StreamResponse:
    ids = await timelines.list_home(call.tx, call.account.id, call.page())
    notices = await announcements.list_unread(call.tx, call.site, call.account)
    return call.render("home.html", feed=await load_feed(call, ids, "home"), notices=notices)


@routes.get("/local", html=True)
async def show_local(call: Call[NoParams]) -> web.StreamResponse:
    ids = await timelines.list_public(call.tx, call.viewer_id, call.page(), local=True)
    account = call.principal.account if call.principal else None
    return call.render(
        "timeline.html",
        feed=await load_feed(call, ids, "public"),
        title=gettext("Community"),
        tag="",
        notices=await announcements.list_unread(call.tx, call.site, account) if account is not None else [],
    )


@routes.get("/tags/{tag}", html=True)
async def show_tag(call: Call[NoParams]) -> web.StreamResponse:
    name = call.text("tag")
    ids = await timelines.list_by_tag(call.tx, call.viewer_id, timelines.TagQuery(name), call.page())
    return call.render("timeline.html", feed=await load_feed(call, ids, "public"), title=f"#{name}", tag=name)


@routes.get("/@{name}/tagged/{tag}", html=True)
async def show_account_tag(call: Call[NoParams]) -> web.StreamResponse:
    """Show the posts of one member with a hashtag."""
    row = await accounts.get_local(call.tx, call.text("name"))
    name = call.text("tag")
    ids = await timelines.list_by_account(call.tx, row.id, call.viewer_id, call.page(), tag_name=name)
    title = f"#{name} · @{row.username}"
    return call.render("timeline.html", feed=await load_feed(call, ids, "account"), title=title, tag="")


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
    return PostFeed(feed.views, next_page_url(call, [cursor for cursor, _ in pairs], PAGE_SIZE))


@routes.get("/notifications", html=True, auth=USER)
async def list_notifications(call: Call[NoParams]) -> web.StreamResponse:
    views, cursors = await notification_views.list_by_account(call.tx, call.account, call.page(30, 30))
    read = await markers.load_last_read(call.tx, call.account, "notifications")
    return call.render(
        "notifications.html",
        views=views,
        older=next_page_url(call, cursors, 30),
        read=read,
        notices=await announcements.list_unread(call.tx, call.site, call.account),
    )


@routes.post("/announcements/{id}/dismiss", html=True, auth=USER, params=FormParams)
async def dismiss_announcement(call: Call[FormParams]) -> web.StreamResponse:
    await announcements.dismiss(call.tx, call.account, call.id())
    return call.redirect_back(call.params.next)


class SearchPageParams(Struct, frozen=True):
    q: str = ""
    uri: str = ""


@routes.get("/search", html=True, auth=USER, params=SearchPageParams, tx="own")
async def show_search(call: Call[SearchPageParams]) -> web.StreamResponse:
    """Search; an address or a full handle redirects to the post or account."""
    text, resolver = call.params.q.strip(), call.services.resolver
    exact = None
    if text.lower().startswith(("https://", "http://")):
        exact = await resolver.resolve_address(text)
    elif "@" in text.lstrip("@") and " " not in text:
        exact = await resolver.resolve_account(text)
    if exact is not None:
        return await _redirect_to(call, exact)
    async with call.services.db.read() as tx:
        result = await search.run(tx, call.site, call.viewer_id, search.SearchRequest(text=text))
        people = await account_views.load_page(tx, result.accounts)
        posts = await post_views.load(tx, result.posts, call.viewer_id, context="public")
    return call.render("search.html", text=text, people=people, posts=posts, tags=result.tags)


async def _redirect_to(call: Call[SearchPageParams], row: AccountRow | PostRow) -> web.StreamResponse:
    """Redirect to the page of an account or post."""
    account_id = row.id if isinstance(row, AccountRow) else row.account_id
    async with call.services.db.read() as tx:
        views = await account_views.load(tx, [account_id])
    if account_id not in views:
        raise NotFoundError
    base = f"/@{views[account_id].handle}"
    return call.see_other(base if isinstance(row, AccountRow) else f"{base}/{row.id}")


@routes.get("/authorize_interaction", html=True, auth=USER, params=SearchPageParams, tx="own")
async def authorize_interaction(call: Call[SearchPageParams]) -> web.StreamResponse:
    """Redirect a member whom another node sent here to follow an account or reply to a post there."""
    uri = call.params.uri.removeprefix("acct:")
    resolver = call.services.resolver
    is_url = uri.lower().startswith(("https://", "http://"))
    row = await (resolver.resolve_address(uri) if is_url else resolver.resolve_account(uri))
    if row is None:
        raise NotFoundError(gettext("Nothing was found at this address. Please check it and try again."))
    return await _redirect_to(call, row)
