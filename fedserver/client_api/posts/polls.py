"""Polls (docs.joinmastodon.org/methods/polls): how one stands, and voting."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.polls import Poll, poll_of
from fedserver.domain.posts import votes
from fedserver.domain.timelines import poll_views, post_views
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from storage.engine import Tx

routes = Routes("client_api")


class VoteParams(Struct, frozen=True):
    choices: list[int] = []


async def _view(call: Call[Any], tx: Tx) -> post_views.PostView:
    return await votes.view(tx, call.id(), call.viewer_id)


@routes.get("/api/v1/polls/{id}", scope="read:statuses", tx="own")
async def show(call: Call[Nothing]) -> Poll:
    """A member who looks at an old state of a peer's poll has it asked for anew, in the background."""
    async with call.services.db.read() as tx:
        view = await _view(call, tx)
    stale = view.poll is not None and poll_views.is_stale(view.post, view.poll, tx.now)
    if stale and call.viewer_id is not None:
        async with call.services.db.write() as write:
            await votes.refresh(write, view.post)
    return poll_of(call.site.links, view)


@routes.post("/api/v1/polls/{id}/votes", who=USER, scope="write:statuses", params=VoteParams)
async def vote(call: Call[VoteParams]) -> Poll:
    await votes.vote(call.tx, call.site, call.account, call.id(), call.params.choices)
    return poll_of(call.site.links, await _view(call, call.tx))
