"""Domains that one member blocks (docs.joinmastodon.org/methods/domain_blocks)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.relationships import domain_mutes
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")


class DomainBlockParams(Struct, frozen=True):
    domain: str = ""


@routes.get("/api/v1/domain_blocks", auth=USER, scope="read:blocks")
async def list_domains(call: Call[NoParams]) -> EntityPage:
    pairs = await domain_mutes.list_by_account(call.tx, call.account, call.page(100, 200))
    return to_page([host for _, host in pairs], [cursor for cursor, _ in pairs])


@routes.post("/api/v1/domain_blocks", auth=USER, scope="write:blocks", params=DomainBlockParams)
async def block_domain(call: Call[DomainBlockParams]) -> dict[str, str]:
    await domain_mutes.add(call.tx, call.site, call.account, call.params.domain)
    return {}


@routes.delete("/api/v1/domain_blocks", auth=USER, scope="write:blocks", params=DomainBlockParams)
async def unblock_domain(call: Call[DomainBlockParams]) -> dict[str, str]:
    await domain_mutes.remove(call.tx, call.site, call.account, call.params.domain)
    return {}
