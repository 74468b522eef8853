"""Settings: who follows a member, and whom they follow; a follower can be removed."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views
from fedserver.domain.relationships import followers, follows
from fedserver.pages.post_feed import next_page_url
from fedserver.web.endpoint import USER, Call, FormParams, Question, Routes

routes = Routes("pages")
PATH = "/settings/follows"
PAGE_SIZE = 40


class FollowsPageParams(Struct, frozen=True):
    show: Literal["followers", "following"] = "followers"


@routes.get(PATH, html=True, auth=USER, params=FollowsPageParams)
async def list_follows(call: Call[FollowsPageParams]) -> web.StreamResponse:
    show, page = call.params.show, call.page(PAGE_SIZE, 80)
    read = followers.list_followers if show == "followers" else followers.list_following
    pairs = await read(call.tx, call.account, call.account.id, page)
    return call.render(
        "settings_follows.html",
        show=show,
        people=await account_views.load_page(call.tx, [account_id for _, account_id in pairs]),
        older=next_page_url(call, [cursor for cursor, _ in pairs], PAGE_SIZE),
    )


@routes.post(
    "/accounts/{id}/remove_follower",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Remove this follower? They are not told, and can follow you again."),
)
async def remove_follower(call: Call[FormParams]) -> web.StreamResponse:
    await follows.remove_follower(call.tx, call.account, call.id())
    return call.redirect_with_notice(call.params.next, PATH, "follower_removed")
