"""The accounts that ask to follow a member."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.accounts import account_views
from fedserver.domain.relationships import followers
from fedserver.pages.post_feed import next_page_url
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("pages")
PAGE_SIZE = 40


@routes.get("/follow-requests", html=True, auth=USER)
async def list_requests(call: Call[NoParams]) -> web.StreamResponse:
    pairs = await followers.list_requests(call.tx, call.account, call.page(PAGE_SIZE, 80))
    return call.render(
        "follow_requests.html",
        people=await account_views.load_page(call.tx, [account_id for _, account_id in pairs]),
        older=next_page_url(call, [cursor for cursor, _ in pairs], PAGE_SIZE),
    )
