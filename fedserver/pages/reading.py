"""What a member reads: home, the community, a tag, notifications, search."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver import domain
from fedserver.http import USER, Call, Nothing, Routes, see_other
from fedserver.pages.readers import feed, older
from storage import AccountRow, PostRow

routes = Routes("pages")


@routes.get("/home", html=True, who=USER)
async def home(call: Call[Nothing]) -> web.StreamResponse:
    ids = await domain.timelines.home(call.tx, call.account.id, call.page())
    return call.render("home.html", feed=await feed(call, ids, "home"))


@routes.get("/local", html=True)
async def local(call: Call[Nothing]) -> web.StreamResponse:
    ids = await domain.timelines.public(call.tx, call.viewer_id, call.page(), local=True)
    return call.render("timeline.html", feed=await feed(call, ids, "public"), title="Community", tag="")


@routes.get("/tags/{tag}", html=True)
async def tag(call: Call[Nothing]) -> web.StreamResponse:
    name = call.text("tag")
    ids = await domain.timelines.tag(call.tx, call.viewer_id, name, call.page())
    return call.render("timeline.html", feed=await feed(call, ids, "public"), title=f"#{name}", tag=name)


@routes.get("/@{name}/tagged/{tag}", html=True)
async def tagged(call: Call[Nothing]) -> web.StreamResponse:
    """What one member wrote with a hashtag."""
    row = await domain.accounts.local(call.tx, call.text("name"))
    name = call.text("tag")
    ids = await domain.timelines.of_account(call.tx, row.id, call.viewer_id, call.page(), tagged=name)
    title = f"#{name} · @{row.username}"
    return call.render("timeline.html", feed=await feed(call, ids, "account"), title=title, tag="")


@routes.get("/bookmarks", html=True, who=USER)
async def bookmarks(call: Call[Nothing]) -> web.StreamResponse:
    pairs = await domain.timelines.bookmarked(call.tx, call.account.id, call.page())
    found = await feed(call, [each for _, each in pairs], "account", 10_000)
    return call.render("timeline.html", feed=found, title="Bookmarks", tag="")


@routes.get("/notifications", html=True, who=USER)
async def show_notifications(call: Call[Nothing]) -> web.StreamResponse:
    views, cursors = await domain.notifications.page(call.tx, call.account, call.page(30, 30))
    read = await domain.markers.last_read(call.tx, call.account, "notifications")
    return call.render("notifications.html", views=views, older=older(call, cursors, 30), read=read)


class SearchParams(Struct, frozen=True):
    q: str = ""
    uri: str = ""


@routes.get("/search", html=True, who=USER, params=SearchParams, tx="own")
async def find(call: Call[SearchParams]) -> web.StreamResponse:
    """Search; an address or a full handle of a peer leads straight to it."""
    text, resolver = call.params.q.strip(), call.services.resolver
    exact = None
    if text.startswith(("https://", "http://")):
        exact = await resolver.by_address(text)
    elif "@" in text.lstrip("@") and " " not in text:
        exact = await resolver.account(text)
    if exact is not None:
        return await _lead(call, exact)
    async with call.services.db.read() as tx:
        found = await domain.search.find(tx, call.site, call.viewer_id, domain.search.Query(text=text))
        people = await domain.account_views.load_page(tx, found.accounts)
        posts = await domain.post_views.load(tx, found.posts, call.viewer_id, context="public")
    return call.render("search.html", text=text, people=people, posts=posts, tags=found.tags)


async def _lead(call: Call[SearchParams], found: AccountRow | PostRow) -> web.StreamResponse:
    account_id = found.id if isinstance(found, AccountRow) else found.account_id
    async with call.services.db.read() as tx:
        views = await domain.account_views.load(tx, [account_id])
    if account_id not in views:
        raise domain.NotFound
    base = f"/@{views[account_id].handle}"
    return see_other(base if isinstance(found, AccountRow) else f"{base}/{found.id}")


@routes.get("/authorize_interaction", html=True, who=USER, params=SearchParams, tx="own")
async def interact(call: Call[SearchParams]) -> web.StreamResponse:
    """Where other nodes send a member who wants to follow or answer something there."""
    uri = call.params.uri.removeprefix("acct:")
    resolver = call.services.resolver
    web_address = uri.startswith(("https://", "http://"))
    found = await (resolver.by_address(uri) if web_address else resolver.account(uri))
    if found is None:
        raise domain.NotFound("Nothing was found under this address")
    return await _lead(call, found)
