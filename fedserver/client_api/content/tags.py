"""Hashtags, and which of them the caller follows (docs.joinmastodon.org/methods/tags, /followed_tags)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fedserver.client_api.entities.tags import Tag, tag
from fedserver.domain.content import tags
from fedserver.domain.timelines import search
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed
from storage.engine import Tx
from storage.rows.content import TagRow

routes = Routes("client_api")


async def tags_of(call: Call[Any], tx: Tx, rows: Sequence[TagRow]) -> list[Tag]:
    """Tags as the caller sees them, in two statements."""
    views = await tags.views(tx, rows, call.viewer_id)
    uses = await search.uses(tx, [row.name for row in rows])
    return [tag(call.site.links, view, uses.get(view.row.name, []), tx.now) for view in views]


@routes.get("/api/v1/followed_tags", who=USER, scope="read:follows")
async def followed(call: Call[Nothing]) -> Listed:
    found = await tags.page(call.tx, call.account, call.page(100, 200))
    shown = await tags_of(call, call.tx, [row for _, row in found])
    return listed(shown, [cursor for cursor, _ in found])


@routes.get("/api/v1/tags/{name}")
async def show(call: Call[Nothing]) -> Tag:
    row = await tags.find(call.tx, call.text("name"))
    return (await tags_of(call, call.tx, [row]))[0]


@routes.post("/api/v1/tags/{name}/follow", who=USER, scope="write:follows")
async def follow(call: Call[Nothing]) -> Tag:
    row = await tags.follow(call.tx, call.account, call.text("name"))
    return (await tags_of(call, call.tx, [row]))[0]


@routes.post("/api/v1/tags/{name}/unfollow", who=USER, scope="write:follows")
async def unfollow(call: Call[Nothing]) -> Tag:
    row = await tags.unfollow(call.tx, call.account, call.text("name"))
    return (await tags_of(call, call.tx, [row]))[0]
