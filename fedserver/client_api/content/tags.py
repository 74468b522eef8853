"""Hashtags, and which of them the caller follows (docs.joinmastodon.org/methods/tags, /followed_tags)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fedserver.client_api.entities.tags import Tag, render_tag
from fedserver.domain.content import tags
from fedserver.domain.timelines import search
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes, to_page
from storage.engine import ReadTx
from storage.rows.content import TagRow

routes = Routes("client_api")


async def render_tags(call: Call[Any], tx: ReadTx, rows: Sequence[TagRow]) -> list[Tag]:
    """Return hashtags as the caller sees them, in two statements."""
    views = await tags.load_views(tx, rows, call.viewer_id)
    uses = await search.load_tag_uses(tx, [row.name for row in rows])
    return [render_tag(call.site.links, view, uses.get(view.row.name, []), tx.now) for view in views]


@routes.get("/api/v1/followed_tags", auth=USER, scope="read:follows")
async def list_followed(call: Call[NoParams]) -> EntityPage:
    pairs = await tags.list_followed(call.tx, call.account, call.page(100, 200))
    shown = await render_tags(call, call.tx, [row for _, row in pairs])
    return to_page(shown, [cursor for cursor, _ in pairs])


@routes.get("/api/v1/tags/{name}")
async def show(call: Call[NoParams]) -> Tag:
    row = await tags.get(call.tx, call.text("name"))
    return (await render_tags(call, call.tx, [row]))[0]


@routes.post("/api/v1/tags/{name}/follow", auth=USER, scope="write:follows")
async def follow(call: Call[NoParams]) -> Tag:
    row = await tags.follow(call.tx, call.account, call.text("name"))
    return (await render_tags(call, call.tx, [row]))[0]


@routes.post("/api/v1/tags/{name}/unfollow", auth=USER, scope="write:follows")
async def unfollow(call: Call[NoParams]) -> Tag:
    row = await tags.unfollow(call.tx, call.account, call.text("name"))
    return (await render_tags(call, call.tx, [row]))[0]
