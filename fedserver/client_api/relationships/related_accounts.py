"""The caller's follow requests, blocks and mutes.

docs.joinmastodon.org/methods/follow_requests, …/blocks, …/mutes
"""

from __future__ import annotations

from fedserver.client_api.accounts.account_pages import render_page
from fedserver.client_api.entities.accounts import render_muted_account
from fedserver.client_api.entities.relationships import Relationship, render_relationship
from fedserver.domain.accounts import account_views, relations
from fedserver.domain.relationships import blocks, followers, follows, mutes
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")


@routes.get("/api/v1/follow_requests", auth=USER, scope="read:follows")
async def list_follow_requests(call: Call[NoParams]) -> EntityPage:
    return await render_page(call, await followers.list_requests(call.tx, call.account, call.page(40, 80)))


async def _load_relationship(call: Call[NoParams]) -> Relationship:
    return render_relationship((await relations.load(call.tx, call.account.id, [call.id()]))[0])


@routes.post("/api/v1/follow_requests/{id}/authorize", auth=USER, scope="write:follows")
async def accept_follow_request(call: Call[NoParams]) -> Relationship:
    await follows.accept_request(call.tx, call.account, call.id())
    return await _load_relationship(call)


@routes.post("/api/v1/follow_requests/{id}/reject", auth=USER, scope="write:follows")
async def reject_follow_request(call: Call[NoParams]) -> Relationship:
    await follows.reject_request(call.tx, call.account, call.id())
    return await _load_relationship(call)


@routes.get("/api/v1/blocks", auth=USER, scope="read:blocks")
async def list_blocks(call: Call[NoParams]) -> EntityPage:
    pairs = await blocks.list_blocked(call.tx, call.account, call.page(40, 80))
    return await render_page(call, pairs, include_tombstones=True)


@routes.get("/api/v1/mutes", auth=USER, scope="read:mutes")
async def list_mutes(call: Call[NoParams]) -> EntityPage:
    rows = await mutes.list_muted(call.tx, call.account, call.page(40, 80))
    expiries = {target: expires for _, target, expires in rows}
    views = await account_views.load_page(call.tx, list(expiries), include_tombstones=True)
    accounts = [render_muted_account(call.site.links, view, expiries[view.account.id]) for view in views]
    return to_page(accounts, [cursor for cursor, _, _ in rows])
