"""Polls (docs.joinmastodon.org/methods/polls): their results, and voting."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.polls import Poll, render_poll
from fedserver.domain.posts import votes
from fedserver.domain.timelines import poll_views, post_views
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from storage.engine import ReadTx

routes = Routes("client_api")


class PollVoteParams(Struct, frozen=True):
    choices: list[int] = []


async def _load_view(call: Call[Any], tx: ReadTx) -> post_views.PostView:
    return await votes.get_view(tx, call.id(), call.viewer_id)


@routes.get("/api/v1/polls/{id}", scope="read:statuses", tx="own")
async def show(call: Call[NoParams]) -> Poll:
    """Return a poll.

    If a member sees outdated results of a remote poll, they are fetched again in the background.
    """
    async with call.services.db.read() as tx:
        view = await _load_view(call, tx)
    is_outdated = view.poll is not None and poll_views.is_stale(view.post, view.poll, tx.now)
    if is_outdated and call.viewer_id is not None:
        async with call.services.db.write() as write:
            await votes.enqueue_refresh(write, view.post)
    return render_poll(call.site.links, view)


@routes.post("/api/v1/polls/{id}/votes", auth=USER, scope="write:statuses", params=PollVoteParams)
async def vote(call: Call[PollVoteParams]) -> Poll:
    await votes.vote(call.tx, call.site, call.account, call.id(), call.params.choices)
    return render_poll(call.site.links, await _load_view(call, call.tx))
