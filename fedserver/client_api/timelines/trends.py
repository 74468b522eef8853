"""Trends (docs.joinmastodon.org/methods/trends)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.content.tags import render_tags
from fedserver.client_api.entities.cards import Card, render_trend_link
from fedserver.client_api.entities.statuses import render_status
from fedserver.domain.timelines import post_views, trends
from fedserver.web.endpoint import Call, EntityPage, Routes, to_offset_page

routes = Routes("client_api")


class TrendingTagsParams(Struct, frozen=True):
    limit: int = 10
    offset: int = 0


class TrendingStatusesParams(Struct, frozen=True):
    limit: int = 20
    offset: int = 0


@routes.get("/api/v1/trends/tags", "/api/v1/trends", params=TrendingTagsParams)
async def list_tags(call: Call[TrendingTagsParams]) -> EntityPage:
    limit, offset = max(1, min(call.params.limit, 20)), max(0, min(call.params.offset, 1_000))
    rows = await trends.list_tags(call.tx, limit, offset)
    shown = await render_tags(call, call.tx, rows)
    return to_offset_page(shown, limit, offset, has_more=len(rows) == limit)


@routes.get("/api/v1/trends/links", params=TrendingTagsParams)
async def list_links(call: Call[TrendingTagsParams]) -> EntityPage:
    limit, offset = max(1, min(call.params.limit, 20)), max(0, min(call.params.offset, 1_000))
    link_trends = await trends.list_links(call.tx, limit, offset, call.viewer_id)
    shown: list[Card] = [render_trend_link(call.site.links, trend, call.tx.now) for trend in link_trends]
    return to_offset_page(shown, limit, offset, has_more=len(link_trends) == limit)


@routes.get("/api/v1/trends/statuses", params=TrendingStatusesParams)
async def list_statuses(call: Call[TrendingStatusesParams]) -> EntityPage:
    limit, offset = max(1, min(call.params.limit, 40)), max(0, min(call.params.offset, 1_000))
    ids = await trends.list_posts(call.tx, limit, offset)
    views = await post_views.load(call.tx, ids, call.viewer_id, context="public")
    shown = [render_status(call.site.links, view) for view in views]
    return to_offset_page(shown, limit, offset, has_more=len(ids) == limit)
