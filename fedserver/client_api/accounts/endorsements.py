"""Accounts on profiles (docs.joinmastodon.org/methods/endorsements, /accounts#endorse)."""

from __future__ import annotations

from fedserver.client_api.accounts.account_pages import render_page
from fedserver.client_api.entities.relationships import Relationship, render_relationship
from fedserver.domain.accounts import accounts, endorsements, relations
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes
from storage.rows.accounts import AccountRow

routes = Routes("client_api")


async def _list_endorsed(call: Call[NoParams], row: AccountRow) -> EntityPage:
    pairs = await endorsements.list_by_account(call.tx, row, call.page(40, 80), call.viewer_id)
    return await render_page(call, pairs)


@routes.get("/api/v1/endorsements", auth=USER, scope="read:accounts")
async def list_own(call: Call[NoParams]) -> EntityPage:
    return await _list_endorsed(call, call.account)


@routes.get("/api/v1/accounts/{id}/endorsements", scope="read:accounts")
async def list_by_account(call: Call[NoParams]) -> EntityPage:
    return await _list_endorsed(call, await accounts.get(call.tx, call.id()))


async def _load_relationship(call: Call[NoParams]) -> Relationship:
    relationships = await relations.load(call.tx, call.account.id, [call.id()])
    if not relationships:
        raise NotFoundError
    return render_relationship(relationships[0])


@routes.post("/api/v1/accounts/{id}/endorse", "/api/v1/accounts/{id}/pin", auth=USER, scope="write:accounts")
async def endorse(call: Call[NoParams]) -> Relationship:
    await endorsements.add(call.tx, call.account, await accounts.get(call.tx, call.id()))
    return await _load_relationship(call)


@routes.post(
    "/api/v1/accounts/{id}/unendorse", "/api/v1/accounts/{id}/unpin", auth=USER, scope="write:accounts"
)
async def unendorse(call: Call[NoParams]) -> Relationship:
    await endorsements.remove(call.tx, call.account, await accounts.get(call.tx, call.id()))
    return await _load_relationship(call)
