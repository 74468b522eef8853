"""The thread of a status (docs.joinmastodon.org/methods/statuses#context)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.statuses import Status
from fedserver.client_api.entity_cache import encode_statuses
from fedserver.client_api.posts.async_refreshes import render_refresh_header
from fedserver.domain.posts import posts, refreshes
from fedserver.domain.timelines import post_views, timelines
from fedserver.web.endpoint import Call, JsonResponse, NoParams, Routes

routes = Routes("client_api")


class Context(Struct, frozen=True):
    ancestors: list[Status]
    descendants: list[Status]


@routes.get("/api/v1/statuses/{id}/context", scope="read:statuses", tx="own")
async def show_context(call: Call[NoParams]) -> JsonResponse:
    async with call.services.db.read() as tx:
        post = await posts.get(tx, call.id(), call.viewer_id)
        above, below = await timelines.load_thread(tx, post.id, call.viewer_id)
        views = await post_views.load(tx, [*above, *below], call.viewer_id, context="thread")
        running, due = await refreshes.find_by_post(tx, post, call.viewer_id)
    if due and call.viewer_id is not None:
        async with call.services.db.write() as tx:
            running = await refreshes.start(tx, post, call.viewer_id)
    ancestors = frozenset(above)
    found = Context(
        encode_statuses(call, (view for view in views if view.post.id in ancestors)),
        encode_statuses(call, (view for view in views if view.post.id not in ancestors)),
    )
    return JsonResponse(
        found, headers={} if running is None else render_refresh_header(running.id, running.found)
    )
