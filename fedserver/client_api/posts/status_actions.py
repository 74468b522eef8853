"""Actions on a status (docs.joinmastodon.org/methods/statuses#favourite … #unpin), and who took them."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.accounts import account_pages
from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.client_api.posts.statuses import VISIBILITY, load_status, load_view
from fedserver.domain.posts import boosts, likes, pins
from fedserver.domain.relationships import thread_mutes
from fedserver.domain.timelines import bookmarks, timelines, visibility
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes

routes = Routes("client_api")


@routes.post("/api/v1/statuses/{id}/favourite", auth=USER, scope="write:favourites")
async def favourite(call: Call[NoParams]) -> Status:
    view = await load_view(call, call.tx, call.id())
    return render_status(call.site.links, await likes.like_view(call.tx, call.site, call.account, view))


@routes.post("/api/v1/statuses/{id}/unfavourite", auth=USER, scope="write:favourites")
async def unfavourite(call: Call[NoParams]) -> Status:
    post = await likes.unlike(call.tx, call.account, call.id())
    return await load_status(call, call.tx, post.id)


class ReblogParams(Struct, frozen=True):
    visibility: str = "public"


@routes.post("/api/v1/statuses/{id}/reblog", auth=USER, scope="write:statuses", params=ReblogParams)
async def reblog(call: Call[ReblogParams]) -> Status:
    visibility = VISIBILITY.get(call.params.visibility, "public")
    boost_id = await boosts.boost(call.tx, call.site, call.account, call.id(), visibility)
    return await load_status(call, call.tx, boost_id)


@routes.post("/api/v1/statuses/{id}/unreblog", auth=USER, scope="write:statuses")
async def unreblog(call: Call[NoParams]) -> Status:
    post = await boosts.unboost(call.tx, call.account, call.id())
    return await load_status(call, call.tx, post.id)


@routes.post("/api/v1/statuses/{id}/bookmark", auth=USER, scope="write:bookmarks")
async def bookmark(call: Call[NoParams]) -> Status:
    await bookmarks.add(call.tx, call.account, call.id())
    return await load_status(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/unbookmark", auth=USER, scope="write:bookmarks")
async def unbookmark(call: Call[NoParams]) -> Status:
    await bookmarks.remove(call.tx, call.account, call.id())
    return await load_status(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/pin", auth=USER, scope="write:accounts")
async def pin(call: Call[NoParams]) -> Status:
    await pins.pin(call.tx, call.account, call.id())
    return await load_status(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/unpin", auth=USER, scope="write:accounts")
async def unpin(call: Call[NoParams]) -> Status:
    await pins.unpin(call.tx, call.account, call.id())
    return await load_status(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/mute", auth=USER, scope="write:mutes")
async def mute(call: Call[NoParams]) -> Status:
    await thread_mutes.mute(call.tx, call.account, call.id())
    return await load_status(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/unmute", auth=USER, scope="write:mutes")
async def unmute(call: Call[NoParams]) -> Status:
    await thread_mutes.unmute(call.tx, call.account, call.id())
    return await load_status(call, call.tx, call.id())


@routes.get("/api/v1/statuses/{id}/favourited_by", scope="read:accounts")
async def list_favourited_by(call: Call[NoParams]) -> EntityPage:
    post = await visibility.get(call.tx, call.id(), call.viewer_id)
    return await account_pages.render_page(
        call, await timelines.list_likers(call.tx, post.id, call.page(40, 80), call.viewer_id)
    )


@routes.get("/api/v1/statuses/{id}/reblogged_by", scope="read:accounts")
async def list_reblogged_by(call: Call[NoParams]) -> EntityPage:
    post = await visibility.get(call.tx, call.id(), call.viewer_id)
    return await account_pages.render_page(
        call, await timelines.list_boosters(call.tx, post.id, call.page(40, 80), call.viewer_id)
    )
