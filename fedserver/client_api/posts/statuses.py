"""Statuses (docs.joinmastodon.org/methods/statuses): show, list and delete them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.status_edits import (
    StatusEdit,
    StatusSource,
    render_history,
    render_source,
)
from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.client_api.entity_cache import encode_statuses
from fedserver.client_api.posts.async_refreshes import render_refresh_header
from fedserver.domain.posts import post_removal, refreshes, versions
from fedserver.domain.timelines import post_views, timelines, visibility
from fedserver.web.endpoint import USER, Call, JsonResponse, NoParams, Routes
from storage.engine import ReadTx

routes = Routes("client_api")
# Mastodon's visibilities and ours.
VISIBILITY = {"private": "followers", "public": "public", "unlisted": "unlisted", "direct": "direct"}


class Context(Struct, frozen=True):
    ancestors: list[Status]
    descendants: list[Status]


async def load_view(call: Call[Any], tx: ReadTx, post_id: int) -> post_views.PostView:
    """Return the view of a post as the caller sees it. Raises NotFoundError if they may not."""
    return await post_views.get(tx, post_id, call.viewer_id, context="thread")


async def load_status(call: Call[Any], tx: ReadTx, post_id: int) -> Status:
    """Return a status as the caller sees it. Raises NotFoundError if they may not."""
    view = await load_view(call, tx, post_id)
    # A write transaction may be rolled back: what it sees must not be cached.
    return render_status(call.site.links, view) if tx.is_write else encode_statuses(call, [view])[0]


class StatusIdsParams(Struct, frozen=True):
    id: list[int] = []


@routes.get("/api/v1/statuses", scope="read:statuses", params=StatusIdsParams)
async def list_by_ids(call: Call[StatusIdsParams]) -> list[Status]:
    views = await post_views.load(call.tx, call.params.id[:40], call.viewer_id, context="thread")
    return encode_statuses(call, views)


@routes.get("/api/v1/statuses/{id}", scope="read:statuses")
async def show(call: Call[NoParams]) -> Status:
    return await load_status(call, call.tx, call.id())


@routes.get("/api/v1/statuses/{id}/context", scope="read:statuses", tx="own")
async def show_context(call: Call[NoParams]) -> JsonResponse:
    """Return the thread of a status.

    Replies that other servers may have are fetched in the background; a header says that more will come.
    """
    async with call.services.db.read() as tx:
        post = await visibility.get(tx, call.id(), call.viewer_id)
        above, below = await timelines.load_thread(tx, post.id, call.viewer_id)
        thread = await post_views.load_thread(tx, post.id, above, below, call.viewer_id)
        running, due = await refreshes.find_by_post(tx, post, call.viewer_id)
    if due and call.viewer_id is not None:
        async with call.services.db.write() as tx:
            running = await refreshes.start(tx, post, call.viewer_id)
    context = Context(encode_statuses(call, thread.above), encode_statuses(call, thread.below))
    return JsonResponse(
        context, headers={} if running is None else render_refresh_header(running.id, running.found)
    )


@routes.get("/api/v1/statuses/{id}/history", scope="read:statuses")
async def show_history(call: Call[NoParams]) -> list[StatusEdit]:
    view = await post_views.get(call.tx, call.id(), call.viewer_id)
    earlier = await versions.list_by_post(call.tx, call.id())
    return render_history(call.site.links, view, earlier, view.account)


@routes.get("/api/v1/statuses/{id}/source", auth=USER, scope="read:statuses")
async def show_source(call: Call[NoParams]) -> StatusSource:
    return render_source(await visibility.get_own(call.tx, call.account, call.id()))


class DeleteStatusParams(Struct, frozen=True):
    delete_media: bool = False


@routes.delete(
    "/api/v1/statuses/{id}", auth=USER, scope="write:statuses", params=DeleteStatusParams, limit="deletions"
)
async def delete(call: Call[DeleteStatusParams]) -> Status:
    """Delete a status; the answer has its source, so that it can be written again."""
    view = await post_removal.delete(call.tx, call.account, call.id(), deletes_files=call.params.delete_media)
    return render_status(call.site.links, view, with_source=True)
