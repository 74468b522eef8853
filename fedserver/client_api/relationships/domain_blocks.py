"""Domains that one member keeps away (docs.joinmastodon.org/methods/domain_blocks)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.relationships import domain_mutes
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed

routes = Routes("client_api")


class DomainParams(Struct, frozen=True):
    domain: str = ""


@routes.get("/api/v1/domain_blocks", who=USER, scope="read:blocks")
async def show(call: Call[Nothing]) -> Listed:
    found = await domain_mutes.page(call.tx, call.account, call.page(100, 200))
    return listed([host for _, host in found], [cursor for cursor, _ in found])


@routes.post("/api/v1/domain_blocks", who=USER, scope="write:blocks", params=DomainParams)
async def add(call: Call[DomainParams]) -> dict[str, str]:
    await domain_mutes.add(call.tx, call.site, call.account, call.params.domain)
    return {}


@routes.delete("/api/v1/domain_blocks", who=USER, scope="write:blocks", params=DomainParams)
async def remove(call: Call[DomainParams]) -> dict[str, str]:
    await domain_mutes.remove(call.tx, call.site, call.account, call.params.domain)
    return {}
