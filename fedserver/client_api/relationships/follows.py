"""Who follows whom (docs.joinmastodon.org/methods/accounts#followers, #following, #familiar_followers)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.accounts.account_pages import render_page
from fedserver.client_api.accounts.accounts import get_account
from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.domain.accounts import account_views
from fedserver.domain.relationships import followers
from fedserver.web.endpoint import ANYONE, USER, Call, EntityPage, NoParams, Routes

routes = Routes("client_api")


@routes.get("/api/v1/accounts/{id}/followers", auth=ANYONE, scope="read:accounts")
async def list_followers(call: Call[NoParams]) -> EntityPage:
    row = await get_account(call, call.tx)
    return await render_page(
        call, await followers.list_followers(call.tx, row, call.viewer_id, call.page(40, 80))
    )


@routes.get("/api/v1/accounts/{id}/following", auth=ANYONE, scope="read:accounts")
async def list_following(call: Call[NoParams]) -> EntityPage:
    row = await get_account(call, call.tx)
    return await render_page(
        call, await followers.list_following(call.tx, row, call.viewer_id, call.page(40, 80))
    )


class FamiliarFollowersParams(Struct, frozen=True):
    id: list[int] = []
    with_suspended: bool = False


class FamiliarFollowers(Struct, frozen=True):
    id: str
    accounts: list[Account]


@routes.get(
    "/api/v1/accounts/familiar_followers", auth=USER, scope="read:follows", params=FamiliarFollowersParams
)
async def list_familiar_followers(call: Call[FamiliarFollowersParams]) -> list[FamiliarFollowers]:
    ids = list(dict.fromkeys(call.params.id))[:40]
    familiar = await followers.load_familiar_followers(call.tx, call.account.id, ids)
    views = await account_views.load_page(
        call.tx, list({follower for common in familiar.values() for follower in common})
    )
    accounts = {view.account.id: render_account(call.site.links, view) for view in views}
    return [
        FamiliarFollowers(
            str(account_id),
            [accounts[follower] for follower in familiar.get(account_id, []) if follower in accounts],
        )
        for account_id in ids
    ]
