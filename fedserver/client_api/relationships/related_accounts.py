"""Lists of accounts that are the caller's: requests to follow, blocks, mutes."""

from __future__ import annotations

from fedserver.client_api.entities.accounts import account, muted_account
from fedserver.client_api.entities.relationships import Relationship, relationship
from fedserver.domain.accounts import account_views, relations
from fedserver.domain.relationships import blocks, follows, mutes
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed

routes = Routes("client_api")


async def _accounts(call: Call[Nothing], pairs: list[tuple[int, int]]) -> Listed:
    views = await account_views.load_page(call.tx, [each for _, each in pairs])
    return listed([account(call.site.links, view) for view in views], [cursor for cursor, _ in pairs])


@routes.get("/api/v1/follow_requests", who=USER, scope="read:follows")
async def show_requests(call: Call[Nothing]) -> Listed:
    return await _accounts(call, await follows.requests(call.tx, call.account, call.page(40, 80)))


async def _relation(call: Call[Nothing]) -> Relationship:
    return relationship((await relations.load(call.tx, call.account.id, [call.id()]))[0])


@routes.post("/api/v1/follow_requests/{id}/authorize", who=USER, scope="write:follows")
async def authorize(call: Call[Nothing]) -> Relationship:
    await follows.accept_request(call.tx, call.account, call.id())
    return await _relation(call)


@routes.post("/api/v1/follow_requests/{id}/reject", who=USER, scope="write:follows")
async def reject(call: Call[Nothing]) -> Relationship:
    await follows.reject_request(call.tx, call.account, call.id())
    return await _relation(call)


@routes.get("/api/v1/blocks", who=USER, scope="read:blocks")
async def show_blocks(call: Call[Nothing]) -> Listed:
    return await _accounts(call, await blocks.page(call.tx, call.account, call.page(40, 80)))


@routes.get("/api/v1/mutes", who=USER, scope="read:mutes")
async def show_mutes(call: Call[Nothing]) -> Listed:
    found = await mutes.page(call.tx, call.account, call.page(40, 80))
    until = {target: expires for _, target, expires in found}
    views = await account_views.load_page(call.tx, list(until))
    shown = [muted_account(call.site.links, view, until[view.account.id]) for view in views]
    return listed(shown, [cursor for cursor, _, _ in found])
