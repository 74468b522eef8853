"""Lists of accounts that are the caller's: requests to follow, blocks, mutes."""

from __future__ import annotations

from fedserver.client_api.entities.accounts import render_account, render_muted_account
from fedserver.client_api.entities.relationships import Relationship, render_relationship
from fedserver.domain.accounts import account_views, relations
from fedserver.domain.relationships import blocks, followers, follows, mutes
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from fedserver.web.paging import EntityPage, to_page

routes = Routes("client_api")


async def _render_accounts(call: Call[NoParams], pairs: list[tuple[int, int]]) -> EntityPage:
    views = await account_views.load_page(call.tx, [each for _, each in pairs])
    return to_page([render_account(call.site.links, view) for view in views], [cursor for cursor, _ in pairs])


@routes.get("/api/v1/follow_requests", auth=USER, scope="read:follows")
async def list_follow_requests(call: Call[NoParams]) -> EntityPage:
    return await _render_accounts(
        call, await followers.list_requests(call.tx, call.account, call.page(40, 80))
    )


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
    return await _render_accounts(call, await blocks.list_blocked(call.tx, call.account, call.page(40, 80)))


@routes.get("/api/v1/mutes", auth=USER, scope="read:mutes")
async def list_mutes(call: Call[NoParams]) -> EntityPage:
    found = await mutes.list_muted(call.tx, call.account, call.page(40, 80))
    until = {target: expires for _, target, expires in found}
    views = await account_views.load_page(call.tx, list(until))
    shown = [render_muted_account(call.site.links, view, until[view.account.id]) for view in views]
    return to_page(shown, [cursor for cursor, _, _ in found])
