"""Partners: with which nodes this one has agreements, for everybody to know."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.times import to_iso
from fedserver.client_api.timelines.timelines import render_page
from fedserver.domain.peers import partners
from fedserver.domain.timelines import partner_posts
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from fedserver.web.paging import EntityPage

routes = Routes("client_api")


class PublicPartner(Struct, frozen=True):
    """An agreement with another node; scopes are posts, directory and local."""

    domain: str
    scopes: list[str]
    since: str


@routes.get("/api/fedserver/v1/partners")
async def list_partners(call: Call[NoParams]) -> list[PublicPartner]:
    return [
        PublicPartner(each.domain, list(each.scopes), to_iso(each.since))
        for each in await partners.list_agreed(call.tx)
    ]


@routes.get("/api/fedserver/v1/timelines/partners", auth=USER, scope="read:statuses")
async def show_timeline(call: Call[NoParams]) -> EntityPage:
    """What members of partners wrote, for everybody or for partners."""
    ids = await partner_posts.list_timeline(call.tx, call.account.id, call.page())
    return await render_page(call, ids, "public")
