"""Trends reviewed by moderators (docs.joinmastodon.org/methods/admin/trends)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.content.admin_tags import render_tags
from fedserver.client_api.entities.admin.trends import (
    AdminLink,
    AdminPublisher,
    AdminStatus,
    AdminTag,
    render_admin_link,
    render_admin_publisher,
    render_admin_status,
)
from fedserver.domain.timelines import trend_reviews
from fedserver.web.endpoint import MODERATOR, Call, NoParams, Routes

routes = Routes("client_api")
PATH = "/api/v1/admin/trends"
READ, WRITE = "admin:read", "admin:write"


class TrendsPageParams(Struct, frozen=True):
    limit: int = 20


def _clamp_limit(call: Call[TrendsPageParams]) -> int:
    return max(1, min(call.params.limit, 40))


@routes.get(f"{PATH}/tags", auth=MODERATOR, scope=READ, params=TrendsPageParams)
async def list_tags(call: Call[TrendsPageParams]) -> list[AdminTag]:
    rows = await trend_reviews.list_tags(call.tx, _clamp_limit(call), call.offset())
    return await render_tags(call, rows)


async def _review_tag(call: Call[NoParams], approved: bool) -> AdminTag:
    row = await trend_reviews.decide_tag(call.tx, call.member, call.id(), approved=approved)
    return (await render_tags(call, [row]))[0]


@routes.post(f"{PATH}/tags/{{id}}/approve", auth=MODERATOR, scope=WRITE)
async def approve_tag(call: Call[NoParams]) -> AdminTag:
    return await _review_tag(call, True)


@routes.post(f"{PATH}/tags/{{id}}/reject", auth=MODERATOR, scope=WRITE)
async def reject_tag(call: Call[NoParams]) -> AdminTag:
    return await _review_tag(call, False)


async def _review_status(call: Call[NoParams], approved: bool) -> AdminStatus:
    trend = await trend_reviews.decide_post(
        call.tx, call.member, call.account.id, call.id(), approved=approved
    )
    return render_admin_status(call.site.links, trend)


@routes.get(f"{PATH}/statuses", auth=MODERATOR, scope=READ, params=TrendsPageParams)
async def list_statuses(call: Call[TrendsPageParams]) -> list[AdminStatus]:
    trends = await trend_reviews.list_posts(call.tx, call.account.id, _clamp_limit(call), call.offset())
    return [render_admin_status(call.site.links, trend) for trend in trends]


@routes.post(f"{PATH}/statuses/{{id}}/approve", auth=MODERATOR, scope=WRITE)
async def approve_status(call: Call[NoParams]) -> AdminStatus:
    return await _review_status(call, True)


@routes.post(f"{PATH}/statuses/{{id}}/reject", auth=MODERATOR, scope=WRITE)
async def reject_status(call: Call[NoParams]) -> AdminStatus:
    return await _review_status(call, False)


@routes.get(f"{PATH}/links", auth=MODERATOR, scope=READ, params=TrendsPageParams)
async def list_links(call: Call[TrendsPageParams]) -> list[AdminLink]:
    trends = await trend_reviews.list_links(call.tx, _clamp_limit(call), call.offset())
    return [render_admin_link(call.site.links, trend, call.tx.now) for trend in trends]


async def _review_link(call: Call[NoParams], approved: bool) -> AdminLink:
    trend = await trend_reviews.decide_link(call.tx, call.member, call.id(), approved=approved)
    return render_admin_link(call.site.links, trend, call.tx.now)


@routes.post(f"{PATH}/links/{{id}}/approve", auth=MODERATOR, scope=WRITE)
async def approve_link(call: Call[NoParams]) -> AdminLink:
    return await _review_link(call, True)


@routes.post(f"{PATH}/links/{{id}}/reject", auth=MODERATOR, scope=WRITE)
async def reject_link(call: Call[NoParams]) -> AdminLink:
    return await _review_link(call, False)


@routes.get(f"{PATH}/links/publishers", auth=MODERATOR, scope=READ)
async def list_publishers(call: Call[NoParams]) -> list[AdminPublisher]:
    publishers = await trend_reviews.list_publishers(call.tx)
    return [render_admin_publisher(publisher) for publisher in publishers]


async def _review_publisher(call: Call[NoParams], approved: bool) -> AdminPublisher:
    publisher = await trend_reviews.decide_publisher(call.tx, call.member, call.text("id"), approved=approved)
    return render_admin_publisher(publisher)


@routes.post(f"{PATH}/links/publishers/{{id}}/approve", auth=MODERATOR, scope=WRITE)
async def approve_publisher(call: Call[NoParams]) -> AdminPublisher:
    return await _review_publisher(call, True)


@routes.post(f"{PATH}/links/publishers/{{id}}/reject", auth=MODERATOR, scope=WRITE)
async def reject_publisher(call: Call[NoParams]) -> AdminPublisher:
    return await _review_publisher(call, False)
