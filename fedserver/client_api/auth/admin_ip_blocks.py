"""Networks nobody may join, or come, from (docs.joinmastodon.org/methods/admin/ip_blocks)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.admin.blocks import AdminIpBlock, admin_ip_block
from fedserver.domain.auth import ip_blocks
from fedserver.web.endpoint import MODERATOR, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed

routes = Routes("client_api")
PATH = "/api/v1/admin/ip_blocks"
READ, WRITE = "admin:read:ip_blocks", "admin:write:ip_blocks"


class BlockParams(Struct, frozen=True):
    ip: str | UnsetType = UNSET
    severity: str | UnsetType = UNSET
    comment: str | UnsetType = UNSET
    expires_in: int | UnsetType = UNSET


def _change(params: BlockParams) -> ip_blocks.Change:
    return ip_blocks.Change(params.ip, params.severity, params.comment, params.expires_in)


@routes.get(PATH, who=MODERATOR, scope=READ)
async def show_all(call: Call[Nothing]) -> Listed:
    rows = await ip_blocks.page(call.tx, call.page(100, 200))
    return listed([admin_ip_block(row) for row in rows], [row.id for row in rows])


@routes.get(PATH + "/{id}", who=MODERATOR, scope=READ)
async def show(call: Call[Nothing]) -> AdminIpBlock:
    return admin_ip_block(await ip_blocks.get(call.tx, call.id()))


@routes.post(PATH, who=MODERATOR, scope=WRITE, params=BlockParams)
async def create(call: Call[BlockParams]) -> AdminIpBlock:
    change = _change(call.params)
    return admin_ip_block(await ip_blocks.create(call.tx, call.member, change, call.address))


@routes.put(PATH + "/{id}", who=MODERATOR, scope=WRITE, params=BlockParams)
async def update(call: Call[BlockParams]) -> AdminIpBlock:
    row = await ip_blocks.update(call.tx, call.member, call.id(), _change(call.params), call.address)
    return admin_ip_block(row)


@routes.delete(PATH + "/{id}", who=MODERATOR, scope=WRITE)
async def remove(call: Call[Nothing]) -> dict[str, str]:
    await ip_blocks.remove(call.tx, call.member, call.id())
    return {}
