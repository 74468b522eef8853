"""Partners: with which nodes this one has agreements, for everybody to know."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.times import iso
from fedserver.client_api.timelines.timelines import page_of
from fedserver.domain.peers import partners
from fedserver.domain.timelines import partner_posts
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed

routes = Routes("client_api")


class Partner(Struct, frozen=True):
    """An agreement with another node; scopes are posts, directory and local."""

    domain: str
    scopes: list[str]
    since: str


@routes.get("/api/fedserver/v1/partners")
async def show(call: Call[Nothing]) -> list[Partner]:
    return [
        Partner(each.domain, list(each.scopes), iso(each.since)) for each in await partners.agreed(call.tx)
    ]


@routes.get("/api/fedserver/v1/timelines/partners", who=USER, scope="read:statuses")
async def timeline(call: Call[Nothing]) -> Listed:
    """What members of partners wrote, for everybody or for partners."""
    ids = await partner_posts.timeline(call.tx, call.account.id, call.page())
    return await page_of(call, ids, "public")
