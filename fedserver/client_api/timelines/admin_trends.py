"""What may trend, reviewed by moderators (docs.joinmastodon.org/methods/admin/trends)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.content.admin_tags import entities
from fedserver.client_api.entities.admin.trends import (
    AdminLink,
    AdminPublisher,
    AdminStatus,
    AdminTag,
    admin_link,
    admin_publisher,
    admin_status,
)
from fedserver.domain.timelines import trend_reviews
from fedserver.web.endpoint import MODERATOR, Call, Nothing, Routes
from fedserver.web.paging import offset_of

routes = Routes("client_api")
PATH = "/api/v1/admin/trends"
READ, WRITE = "admin:read", "admin:write"


class PageParams(Struct, frozen=True):
    limit: int = 20


def _limit(call: Call[PageParams]) -> int:
    return max(1, min(call.params.limit, 40))


@routes.get(f"{PATH}/tags", who=MODERATOR, scope=READ, params=PageParams)
async def tags(call: Call[PageParams]) -> list[AdminTag]:
    rows = await trend_reviews.tags(call.tx, _limit(call), offset_of(call.request))
    return await entities(call, rows)


async def _tag(call: Call[Nothing], approved: bool) -> AdminTag:
    row = await trend_reviews.decide_tag(call.tx, call.member, call.id(), approved=approved)
    return (await entities(call, [row]))[0]


@routes.post(f"{PATH}/tags/{{id}}/approve", who=MODERATOR, scope=WRITE)
async def approve_tag(call: Call[Nothing]) -> AdminTag:
    return await _tag(call, True)


@routes.post(f"{PATH}/tags/{{id}}/reject", who=MODERATOR, scope=WRITE)
async def reject_tag(call: Call[Nothing]) -> AdminTag:
    return await _tag(call, False)


async def _status(call: Call[Nothing], approved: bool) -> AdminStatus:
    found = await trend_reviews.decide_post(
        call.tx, call.member, call.account.id, call.id(), approved=approved
    )
    return admin_status(call.site.links, found)


@routes.get(f"{PATH}/statuses", who=MODERATOR, scope=READ, params=PageParams)
async def statuses(call: Call[PageParams]) -> list[AdminStatus]:
    found = await trend_reviews.posts(call.tx, call.account.id, _limit(call), offset_of(call.request))
    return [admin_status(call.site.links, each) for each in found]


@routes.post(f"{PATH}/statuses/{{id}}/approve", who=MODERATOR, scope=WRITE)
async def approve_status(call: Call[Nothing]) -> AdminStatus:
    return await _status(call, True)


@routes.post(f"{PATH}/statuses/{{id}}/reject", who=MODERATOR, scope=WRITE)
async def reject_status(call: Call[Nothing]) -> AdminStatus:
    return await _status(call, False)


@routes.get(f"{PATH}/links", who=MODERATOR, scope=READ, params=PageParams)
async def links(call: Call[PageParams]) -> list[AdminLink]:
    found = await trend_reviews.links(call.tx, _limit(call), offset_of(call.request))
    return [admin_link(call.site.links, each, call.tx.now) for each in found]


async def _link(call: Call[Nothing], approved: bool) -> AdminLink:
    found = await trend_reviews.decide_link(call.tx, call.member, call.id(), approved=approved)
    return admin_link(call.site.links, found, call.tx.now)


@routes.post(f"{PATH}/links/{{id}}/approve", who=MODERATOR, scope=WRITE)
async def approve_link(call: Call[Nothing]) -> AdminLink:
    return await _link(call, True)


@routes.post(f"{PATH}/links/{{id}}/reject", who=MODERATOR, scope=WRITE)
async def reject_link(call: Call[Nothing]) -> AdminLink:
    return await _link(call, False)


@routes.get(f"{PATH}/links/publishers", who=MODERATOR, scope=READ)
async def publishers(call: Call[Nothing]) -> list[AdminPublisher]:
    found = await trend_reviews.publishers(call.tx)
    return [admin_publisher(each) for each in found]


async def _publisher(call: Call[Nothing], approved: bool) -> AdminPublisher:
    found = await trend_reviews.decide_publisher(call.tx, call.member, call.text("id"), approved=approved)
    return admin_publisher(found)


@routes.post(f"{PATH}/links/publishers/{{id}}/approve", who=MODERATOR, scope=WRITE)
async def approve_publisher(call: Call[Nothing]) -> AdminPublisher:
    return await _publisher(call, True)


@routes.post(f"{PATH}/links/publishers/{{id}}/reject", who=MODERATOR, scope=WRITE)
async def reject_publisher(call: Call[Nothing]) -> AdminPublisher:
    return await _publisher(call, False)
