"""Timelines (docs.joinmastodon.org/methods/timelines), favourites and bookmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from fedserver.client_api.encoded import statuses
from fedserver.domain.timelines import post_views, timelines
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed

routes = Routes("client_api")


async def page_of(call: Call[Any], ids: Sequence[int], context: str) -> Listed:
    """A page of posts whose own ids are the cursors."""
    views = await post_views.load(call.tx, ids, call.viewer_id, context=context)
    return listed(statuses(call, views), ids)


async def _marked(call: Call[Nothing], pairs: list[tuple[int, int]]) -> Listed:
    views = await post_views.load(call.tx, [each for _, each in pairs], call.viewer_id)
    return listed(statuses(call, views), [cursor for cursor, _ in pairs])


@routes.get("/api/v1/timelines/home", who=USER, scope="read:statuses")
async def home(call: Call[Nothing]) -> Listed:
    return await page_of(call, await timelines.home(call.tx, call.account.id, call.page()), "home")


class PublicParams(Struct, frozen=True):
    local: bool = False
    remote: bool = False
    only_media: bool = False


@routes.get("/api/v1/timelines/public", scope="read:statuses", params=PublicParams)
async def public(call: Call[PublicParams]) -> Listed:
    params = call.params
    ids = await timelines.public(
        call.tx,
        call.viewer_id,
        call.page(),
        local=params.local,
        remote=params.remote,
        only_media=params.only_media,
    )
    return await page_of(call, ids, "public")


@routes.get("/api/v1/timelines/tag/{tag}", scope="read:statuses", params=PublicParams)
async def tag(call: Call[PublicParams]) -> Listed:
    ids = await timelines.tag(
        call.tx, call.viewer_id, call.text("tag"), call.page(), only_local=call.params.local
    )
    return await page_of(call, ids, "public")


class LinkParams(Struct, frozen=True):
    url: str = ""


@routes.get("/api/v1/timelines/link", scope="read:statuses", params=LinkParams)
async def link(call: Call[LinkParams]) -> Listed:
    ids = await timelines.with_link(call.tx, call.params.url, call.page())
    return await page_of(call, ids, "public")


@routes.get("/api/v1/favourites", who=USER, scope="read:favourites")
async def favourites(call: Call[Nothing]) -> Listed:
    return await _marked(call, await timelines.liked(call.tx, call.account.id, call.page()))


@routes.get("/api/v1/bookmarks", who=USER, scope="read:bookmarks")
async def bookmarks(call: Call[Nothing]) -> Listed:
    return await _marked(call, await timelines.bookmarked(call.tx, call.account.id, call.page()))
