"""Emoji reactions to statuses, as Pleroma and Akkoma have them (docs.akkoma.dev, Emoji Reactions)."""

from __future__ import annotations

from fedserver.client_api.entities.statuses import Status, status
from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.posts import reactions
from fedserver.domain.timelines import post_views
from fedserver.web.endpoint import USER, Call, Nothing, Routes

routes = Routes("client_api")
REACTION = "/api/v1/pleroma/statuses/{id}/reactions/{name}"


async def _answer(call: Call[Nothing], post_id: int) -> Status:
    views = await post_views.load(call.tx, [post_id], call.viewer_id)
    if not views:
        raise NotFound
    return status(call.site.links, views[0])


@routes.put(REACTION, who=USER, scope="write:favourites")
async def react(call: Call[Nothing]) -> Status:
    """Like a status with an emoji."""
    post = await reactions.react(call.tx, call.site, call.account, call.id(), call.text("name"))
    return await _answer(call, post.id)


@routes.delete(REACTION, who=USER, scope="write:favourites")
async def unreact(call: Call[Nothing]) -> Status:
    """Take such a like back."""
    post = await reactions.unreact(call.tx, call.account, call.id(), call.text("name"))
    return await _answer(call, post.id)
