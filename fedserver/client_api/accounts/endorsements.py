"""Accounts on profiles (docs.joinmastodon.org/methods/endorsements, /accounts#endorse)."""

from __future__ import annotations

from fedserver.client_api.entities.accounts import account
from fedserver.client_api.entities.relationships import Relationship, relationship
from fedserver.domain.accounts import account_views, accounts, endorsements, relations
from fedserver.domain.kernel.errors import NotFound
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed
from storage.rows.accounts import AccountRow

routes = Routes("client_api")


async def _page(call: Call[Nothing], row: AccountRow) -> Listed:
    pairs = await endorsements.page(call.tx, row, call.page(40, 80))
    views = await account_views.load_page(call.tx, [each for _, each in pairs])
    return listed([account(call.site.links, view) for view in views], [cursor for cursor, _ in pairs])


@routes.get("/api/v1/endorsements", who=USER, scope="read:accounts")
async def show_own(call: Call[Nothing]) -> Listed:
    return await _page(call, call.account)


@routes.get("/api/v1/accounts/{id}/endorsements", scope="read:accounts")
async def show(call: Call[Nothing]) -> Listed:
    return await _page(call, await accounts.by_id(call.tx, call.id()))


async def _relation(call: Call[Nothing]) -> Relationship:
    found = await relations.load(call.tx, call.account.id, [call.id()])
    if not found:
        raise NotFound
    return relationship(found[0])


@routes.post("/api/v1/accounts/{id}/endorse", "/api/v1/accounts/{id}/pin", who=USER, scope="write:accounts")
async def add(call: Call[Nothing]) -> Relationship:
    await endorsements.add(call.tx, call.account, await accounts.by_id(call.tx, call.id()))
    return await _relation(call)


@routes.post(
    "/api/v1/accounts/{id}/unendorse", "/api/v1/accounts/{id}/unpin", who=USER, scope="write:accounts"
)
async def remove(call: Call[Nothing]) -> Relationship:
    await endorsements.remove(call.tx, call.account, await accounts.by_id(call.tx, call.id()))
    return await _relation(call)
