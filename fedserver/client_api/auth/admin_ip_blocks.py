"""Networks that may not sign up, or have no access (docs.joinmastodon.org/methods/admin/ip_blocks)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.admin.blocks import AdminIpBlock, render_admin_ip_block
from fedserver.domain.auth import ip_blocks
from fedserver.web.endpoint import MODERATOR, Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")
PATH = "/api/v1/admin/ip_blocks"
READ, WRITE = "admin:read:ip_blocks", "admin:write:ip_blocks"


class IpBlockParams(Struct, frozen=True):
    ip: str | UnsetType = UNSET
    severity: str | UnsetType = UNSET
    comment: str | UnsetType = UNSET
    expires_in: int | UnsetType = UNSET


def _to_change(params: IpBlockParams) -> ip_blocks.IpBlockChange:
    return ip_blocks.IpBlockChange(params.ip, params.severity, params.comment, params.expires_in)


@routes.get(PATH, auth=MODERATOR, scope=READ)
async def list_all(call: Call[NoParams]) -> EntityPage:
    rows = await ip_blocks.list_page(call.tx, call.page(100, 200))
    return to_page([render_admin_ip_block(row) for row in rows], [row.id for row in rows])


@routes.get(PATH + "/{id}", auth=MODERATOR, scope=READ)
async def show(call: Call[NoParams]) -> AdminIpBlock:
    return render_admin_ip_block(await ip_blocks.get(call.tx, call.id()))


@routes.post(PATH, auth=MODERATOR, scope=WRITE, params=IpBlockParams)
async def create(call: Call[IpBlockParams]) -> AdminIpBlock:
    change = _to_change(call.params)
    return render_admin_ip_block(await ip_blocks.create(call.tx, call.member, change, call.address))


@routes.put(PATH + "/{id}", auth=MODERATOR, scope=WRITE, params=IpBlockParams)
async def update(call: Call[IpBlockParams]) -> AdminIpBlock:
    row = await ip_blocks.update(call.tx, call.member, call.id(), _to_change(call.params), call.address)
    return render_admin_ip_block(row)


@routes.delete(PATH + "/{id}", auth=MODERATOR, scope=WRITE)
async def delete(call: Call[NoParams]) -> dict[str, str]:
    await ip_blocks.remove(call.tx, call.member, call.id())
    return {}
