"""Partners: with which nodes this one has agreements, for everybody to know."""

from __future__ import annotations

from msgspec import Struct

from fedserver import domain
from fedserver.client_api.entities.times import iso
from fedserver.http import Call, Nothing, Routes

routes = Routes("client_api")


class Partner(Struct, frozen=True):
    """An agreement with another node; scopes are posts, directory and local."""

    domain: str
    scopes: list[str]
    since: str


@routes.get("/api/fedserver/v1/partners")
async def show(call: Call[Nothing]) -> list[Partner]:
    return [
        Partner(each.domain, list(each.scopes), iso(each.since))
        for each in await domain.partners.agreed(call.tx)
    ]
