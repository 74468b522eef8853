"""Emoji reactions to statuses, as in Pleroma and Akkoma (docs.akkoma.dev, Emoji Reactions)."""

from __future__ import annotations

from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.domain.posts import reactions
from fedserver.domain.timelines import post_views
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("client_api")
REACTION = "/api/v1/pleroma/statuses/{id}/reactions/{name}"


async def _load_status(call: Call[NoParams], post_id: int) -> Status:
    return render_status(call.site.links, await post_views.get(call.tx, post_id, call.viewer_id))


@routes.put(REACTION, auth=USER, scope="write:favourites")
async def react(call: Call[NoParams]) -> Status:
    """React to a status with an emoji."""
    post = await reactions.react(call.tx, call.site, call.account, call.id(), call.text("name"))
    return await _load_status(call, post.id)


@routes.delete(REACTION, auth=USER, scope="write:favourites")
async def unreact(call: Call[NoParams]) -> Status:
    """Remove a reaction."""
    post = await reactions.unreact(call.tx, call.account, call.id(), call.text("name"))
    return await _load_status(call, post.id)
