"""Hashtags for moderators: usable, listed, allowed to trend (docs.joinmastodon.org/entities/Tag#admin)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.admin.trends import AdminTag, render_admin_tag
from fedserver.domain.content import admin_tags
from fedserver.domain.timelines import search
from fedserver.web.endpoint import MODERATOR, Call, EntityPage, NoParams, Routes, to_page
from storage.rows.content import TagRow

routes = Routes("client_api")
PATH = "/api/v1/admin/tags"


class AdminTagParams(Struct, frozen=True):
    display_name: str | None = None
    usable: bool | None = None
    trendable: bool | None = None
    listable: bool | None = None


async def render_tags(call: Call[Any], rows: list[TagRow]) -> list[AdminTag]:
    """Return hashtags with their last seven days, in one statement for all."""
    uses = await search.load_tag_uses(call.tx, [row.name for row in rows])
    now = call.tx.now
    return [render_admin_tag(call.site.links, row, uses.get(row.name, []), now) for row in rows]


@routes.get(PATH, auth=MODERATOR, scope="admin:read")
async def list_all(call: Call[NoParams]) -> EntityPage:
    rows = await admin_tags.list_page(call.tx, call.page(100, 200))
    return to_page(await render_tags(call, rows), [row.id for row in rows])


@routes.get(PATH + "/{id}", auth=MODERATOR, scope="admin:read")
async def show(call: Call[NoParams]) -> AdminTag:
    return (await render_tags(call, [await admin_tags.get(call.tx, call.id())]))[0]


@routes.put(PATH + "/{id}", auth=MODERATOR, scope="admin:write", params=AdminTagParams)
async def update(call: Call[AdminTagParams]) -> AdminTag:
    params = call.params
    decision = admin_tags.TagReview(params.display_name, params.usable, params.trendable, params.listable)
    row = await admin_tags.review(call.tx, call.member, call.id(), decision)
    return (await render_tags(call, [row]))[0]
