"""The blog of one member or of all, by date or by helpfulness; the page explains the ranking."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views, accounts
from fedserver.domain.posts import articles
from fedserver.domain.timelines import post_views
from fedserver.pages.post_feed import next_page_url
from fedserver.pages.timelines import sidebar
from fedserver.web.endpoint import Call, Routes
from storage.rows.accounts import AccountRow

routes = Routes("pages")
PAGE_SIZE = 20


class BlogParams(Struct, frozen=True):
    order: str = "latest"
    window: str = "quarter"
    offset: int = 0


async def _render_blog(call: Call[BlogParams], account: AccountRow | None) -> web.StreamResponse:
    params = call.params
    member, account_id = call.principal is not None, account.id if account else None
    window = params.window if params.window in articles.WINDOWS else "quarter"
    votes: dict[int, int] = {}
    older = ""
    if params.order == "helpful":
        offset = call.offset()
        ranked = await articles.list_helpful(call.tx, account_id, window, PAGE_SIZE, offset, is_member=member)
        ids, votes = [post_id for post_id, _ in ranked], dict(ranked)
        if len(ranked) == PAGE_SIZE:
            older = f"{call.request.path}?order=helpful&window={window}&offset={offset + PAGE_SIZE}"
    else:
        ids = await articles.list_latest(
            call.tx, account_id, call.page(PAGE_SIZE, PAGE_SIZE), is_member=member
        )
        older = next_page_url(call, ids, PAGE_SIZE)
    views = await post_views.load(call.tx, ids, call.viewer_id)
    author = (await account_views.load(call.tx, [account.id]))[account.id] if account else None
    return call.render(
        "blog.html",
        views=views,
        votes=votes,
        order="helpful" if params.order == "helpful" else "latest",
        window=window,
        author=author,
        older=older,
        sidebar=await sidebar.load(call),
    )


@routes.get("/blog", html=True, params=BlogParams)
async def show(call: Call[BlogParams]) -> web.StreamResponse:
    return await _render_blog(call, None)


@routes.get("/@{name}/blog", html=True, params=BlogParams)
async def show_account(call: Call[BlogParams]) -> web.StreamResponse:
    return await _render_blog(call, await accounts.get_local(call.tx, call.text("name")))
