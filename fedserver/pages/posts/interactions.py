"""What members do with posts on pages: like, boost, bookmark, pin and delete."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import boosts, likes, pins, post_removal
from fedserver.domain.relationships import thread_mutes
from fedserver.domain.timelines import bookmarks, post_views
from fedserver.web.endpoint import USER, Call, FormParams, Question, Routes

routes = Routes("pages")


@routes.post(
    "/posts/{id}/delete",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Delete this post? After that you have 10 seconds to undo it."),
)
async def delete(call: Call[FormParams]) -> web.StreamResponse:
    """Delete a post soon: the next page offers to undo that."""
    row = await post_removal.schedule(call.tx, call.account, call.id())
    profile = f"/@{call.account.username}"
    # The page of the post itself is there for a few seconds only.
    is_own_page = call.params.next.partition("?")[0] == call.site.links.path(row.url)
    return call.redirect_with_notice("" if is_own_page else call.params.next, profile, "delete", row.id)


@routes.post("/posts/{id}/keep", html=True, auth=USER, params=FormParams)
async def keep(call: Call[FormParams]) -> web.StreamResponse:
    """Undo a deletion whose time is not over."""
    try:
        is_kept = await post_removal.cancel(call.tx, call.account, call.id())
    except NotFoundError:  # it is deleted, or the form was sent twice
        is_kept = False
    return call.redirect_with_notice(
        call.params.next, f"/@{call.account.username}", "keep" if is_kept else "keep_late"
    )


@routes.post("/posts/{id}/{act}", html=True, auth=USER, params=FormParams)
async def interact(call: Call[FormParams]) -> web.StreamResponse:
    """Apply an interaction; with JavaScript the response is the new row of buttons, otherwise a redirect."""
    await _apply_interaction(call, call.text("act"))
    if "HX-Request" not in call.request.headers:
        return call.redirect_with_notice(call.params.next, "/home", call.text("act"), call.id())
    views = await post_views.load(call.tx, [call.id()], call.viewer_id)
    return call.render("actions.html", view=views[0], next=call.params.next)


async def _apply_interaction(call: Call[Any], interaction: str) -> None:
    tx, account, post_id = call.tx, call.account, call.id()
    match interaction:
        case "like":
            await likes.like(tx, call.site, account, post_id)
        case "unlike":
            await likes.unlike(tx, account, post_id)
        case "boost":
            await boosts.boost(tx, call.site, account, post_id)
        case "unboost":
            await boosts.unboost(tx, account, post_id)
        case "bookmark":
            await bookmarks.add(tx, account, post_id)
        case "unbookmark":
            await bookmarks.remove(tx, account, post_id)
        case "pin":
            await pins.pin(tx, account, post_id)
        case "unpin":
            await pins.unpin(tx, account, post_id)
        case "mute_thread":
            await thread_mutes.mute(tx, account, post_id)
        case "unmute_thread":
            await thread_mutes.unmute(tx, account, post_id)
        case _:
            raise NotFoundError
