"""The blog: of one member or of all; latest, or most helpful first. The page says how the rank is made."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views, accounts
from fedserver.domain.posts import articles
from fedserver.domain.timelines import post_views
from fedserver.pages.readers import older
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import offset_of
from storage.rows.accounts import AccountRow

routes = Routes("pages")
SIZE = 20


class BlogParams(Struct, frozen=True):
    order: str = "latest"
    window: str = "quarter"
    offset: int = 0


async def _blog(call: Call[BlogParams], account: AccountRow | None) -> web.StreamResponse:
    params = call.params
    member, account_id = call.caller is not None, account.id if account else None
    window = params.window if params.window in articles.WINDOWS else "quarter"
    votes: dict[int, int] = {}
    following = ""
    if params.order == "helpful":
        offset = offset_of(call.request)
        ranked = await articles.helpful(call.tx, account_id, window, SIZE, offset, member=member)
        ids, votes = [post_id for post_id, _ in ranked], dict(ranked)
        if len(ranked) == SIZE:
            following = f"{call.request.path}?order=helpful&window={window}&offset={offset + SIZE}"
    else:
        ids = await articles.latest(call.tx, account_id, call.page(SIZE, SIZE), member=member)
        following = older(call, ids, SIZE)
    views = await post_views.load(call.tx, ids, call.viewer_id)
    author = (await account_views.load(call.tx, [account.id]))[account.id] if account else None
    return call.render(
        "blog.html",
        views=views,
        votes=votes,
        order="helpful" if params.order == "helpful" else "latest",
        window=window,
        author=author,
        older=following,
    )


@routes.get("/blog", html=True, params=BlogParams)
async def everybody(call: Call[BlogParams]) -> web.StreamResponse:
    return await _blog(call, None)


@routes.get("/@{name}/blog", html=True, params=BlogParams)
async def one(call: Call[BlogParams]) -> web.StreamResponse:
    return await _blog(call, await accounts.local(call.tx, call.text("name")))


@routes.get("/drafts", html=True, who=USER)
async def drafts(call: Call[Nothing]) -> web.StreamResponse:
    ids = await articles.drafts(call.tx, call.account.id, call.page(40, 40))
    views: Any = await post_views.load(call.tx, ids, call.viewer_id)
    return call.render("drafts.html", views=views)
