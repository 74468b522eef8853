"""Timelines (docs.joinmastodon.org/methods/timelines), favourites and bookmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from fedserver.client_api.entity_cache import encode_statuses
from fedserver.domain.timelines import post_views, timelines
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")


async def render_page(call: Call[Any], ids: Sequence[int], context: str) -> EntityPage:
    """Return a page of posts whose own ids are the cursors."""
    views = await post_views.load(call.tx, ids, call.viewer_id, context=context)
    return to_page(encode_statuses(call, views), ids)


async def _render_marked_page(call: Call[NoParams], pairs: list[tuple[int, int]]) -> EntityPage:
    views = await post_views.load(call.tx, [post_id for _, post_id in pairs], call.viewer_id)
    return to_page(encode_statuses(call, views), [cursor for cursor, _ in pairs])


@routes.get("/api/v1/timelines/home", auth=USER, scope="read:statuses")
async def show_home(call: Call[NoParams]) -> EntityPage:
    return await render_page(call, await timelines.list_home(call.tx, call.account.id, call.page()), "home")


class PublicTimelineParams(Struct, frozen=True):
    local: bool = False
    remote: bool = False
    only_media: bool = False


@routes.get("/api/v1/timelines/public", scope="read:statuses", params=PublicTimelineParams)
async def show_public(call: Call[PublicTimelineParams]) -> EntityPage:
    params = call.params
    ids = await timelines.list_public(
        call.tx,
        call.viewer_id,
        call.page(),
        local=params.local,
        remote=params.remote,
        only_media=params.only_media,
    )
    return await render_page(call, ids, "public")


class TagTimelineParams(PublicTimelineParams, frozen=True):
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


@routes.get("/api/v1/timelines/tag/{tag}", scope="read:statuses", params=TagTimelineParams)
async def show_tag(call: Call[TagTimelineParams]) -> EntityPage:
    params = call.params
    query = timelines.TagQuery(
        call.text("tag"),
        any_of=params.any,
        all_of=params.all,
        none_of=params.none,
        local=params.local,
        remote=params.remote,
        only_media=params.only_media,
    )
    ids = await timelines.list_by_tag(call.tx, call.viewer_id, query, call.page())
    return await render_page(call, ids, "public")


class LinkTimelineParams(Struct, frozen=True):
    url: str = ""


@routes.get("/api/v1/timelines/link", scope="read:statuses", params=LinkTimelineParams)
async def show_link(call: Call[LinkTimelineParams]) -> EntityPage:
    ids = await timelines.list_by_link(call.tx, call.params.url, call.page())
    return await render_page(call, ids, "public")


@routes.get("/api/v1/favourites", auth=USER, scope="read:favourites")
async def list_favourites(call: Call[NoParams]) -> EntityPage:
    return await _render_marked_page(call, await timelines.list_liked(call.tx, call.account.id, call.page()))


@routes.get("/api/v1/bookmarks", auth=USER, scope="read:bookmarks")
async def list_bookmarks(call: Call[NoParams]) -> EntityPage:
    return await _render_marked_page(
        call, await timelines.list_bookmarked(call.tx, call.account.id, call.page())
    )
