"""Votes on pages: a plain form, which JavaScript replaces by the result in place."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.posts import votes
from fedserver.domain.timelines import poll_views, post_views
from fedserver.web.endpoint import USER, Call, Routes

routes = Routes("pages")


class VoteFormParams(Struct, frozen=True):
    csrf: str = ""
    next: str = ""
    choices: list[int] = []


@routes.post("/polls/{id}/vote", html=True, auth=USER, params=VoteFormParams, tx="own")
async def vote(call: Call[VoteFormParams]) -> web.StreamResponse:
    params, in_place, problem = call.params, "HX-Request" in call.request.headers, ""
    try:
        async with call.services.db.write() as tx:
            await votes.vote(tx, call.site, call.account, call.id(), params.choices)
    except InvalidError as error:
        if not in_place:
            raise
        problem = error.message
    if not in_place:
        return call.redirect_with_notice(params.next, "/home", "vote", call.id())
    async with call.services.db.read() as tx:
        view = await votes.get_view(tx, call.id(), call.viewer_id)
    return call.render("poll.html", view=view, next=params.next, problem=problem)


async def refresh_if_stale(call: Call[Any], view: post_views.PostView) -> None:
    """Enqueue a refresh of a remote poll that a member views, if its counts are stale."""
    if call.viewer_id is None or view.poll is None:
        return
    if poll_views.is_stale(view.post, view.poll, call.tx.now):
        async with call.services.db.write() as tx:
            await votes.enqueue_refresh(tx, view.post)
