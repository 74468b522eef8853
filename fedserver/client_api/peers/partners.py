"""Partners: the nodes with which this one has agreements, which anyone may see."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.times import to_iso
from fedserver.client_api.timelines.timelines import render_page
from fedserver.domain.peers import partners
from fedserver.domain.timelines import partner_posts
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes

routes = Routes("client_api")


class PublicPartner(Struct, frozen=True):
    """An agreement with another node; scopes are posts, directory and local."""

    domain: str
    scopes: list[str]
    since: str


@routes.get("/api/fedserver/v1/partners")
async def list_partners(call: Call[NoParams]) -> list[PublicPartner]:
    return [
        PublicPartner(partner.domain, list(partner.scopes), to_iso(partner.since))
        for partner in await partners.list_agreed(call.tx)
    ]


@routes.get("/api/fedserver/v1/timelines/partners", auth=USER, scope="read:statuses")
async def show_timeline(call: Call[NoParams]) -> EntityPage:
    """Return public posts, and posts for partners, of members of partner nodes."""
    ids = await partner_posts.list_timeline(call.tx, call.account.id, call.page())
    return await render_page(call, ids, "public")
