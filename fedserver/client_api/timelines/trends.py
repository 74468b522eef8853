"""Trends (docs.joinmastodon.org/methods/trends)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.content.tags import tags_of
from fedserver.client_api.entities.cards import Card, trend_link
from fedserver.client_api.entities.statuses import status
from fedserver.domain.timelines import post_views, trends
from fedserver.web.endpoint import Call, Routes
from fedserver.web.paging import Listed, listed_by_offset

routes = Routes("client_api")


class TagsParams(Struct, frozen=True):
    limit: int = 10
    offset: int = 0


class StatusesParams(Struct, frozen=True):
    limit: int = 20
    offset: int = 0


@routes.get("/api/v1/trends/tags", "/api/v1/trends", params=TagsParams)
async def tags(call: Call[TagsParams]) -> Listed:
    limit, offset = max(1, min(call.params.limit, 20)), max(0, min(call.params.offset, 1_000))
    rows = await trends.tags(call.tx, limit, offset)
    shown = await tags_of(call, call.tx, rows)
    return listed_by_offset(shown, limit, offset, more=len(rows) == limit)


@routes.get("/api/v1/trends/links", params=TagsParams)
async def links(call: Call[TagsParams]) -> Listed:
    limit, offset = max(1, min(call.params.limit, 20)), max(0, min(call.params.offset, 1_000))
    found = await trends.links(call.tx, limit, offset)
    shown: list[Card] = [trend_link(call.site.links, each, call.tx.now) for each in found]
    return listed_by_offset(shown, limit, offset, more=len(found) == limit)


@routes.get("/api/v1/trends/statuses", params=StatusesParams)
async def statuses(call: Call[StatusesParams]) -> Listed:
    limit, offset = max(1, min(call.params.limit, 40)), max(0, min(call.params.offset, 1_000))
    ids = await trends.posts(call.tx, limit, offset)
    views = await post_views.load(call.tx, ids, call.viewer_id, context="public")
    shown = [status(call.site.links, view) for view in views]
    return listed_by_offset(shown, limit, offset, more=len(ids) == limit)
