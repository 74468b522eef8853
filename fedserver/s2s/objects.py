"""Posts by content negotiation (ActivityPub §3.2).

What a peer may not see does not exist for it; a deleted post is answered by 410 and a tombstone.
"""

from __future__ import annotations

from aiohttp import web

from activitypub import objects
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import articles, posts
from fedserver.domain.timelines import post_views, visibility
from fedserver.federation.outbound.replies import load_self_replies
from fedserver.s2s.documents import render_activity, render_object
from fedserver.s2s.requests import document_response
from fedserver.web.endpoint import Call, NoParams, Routes
from storage.engine import ReadTx

routes = Routes("s2s")
OBJECT_PATHS = ("/users/{name}/statuses/{id}", "/users/{name}/articles/{id}")


async def get_visible_post(tx: ReadTx, post_id: int, viewer_id: int | None) -> post_views.PostView:
    """Return a local post that a peer may see. Raises NotFoundError."""
    view = await post_views.get(tx, post_id, viewer_id)
    if not view.post.local or view.post.visibility not in visibility.FEDERATED:
        raise NotFoundError
    return view


async def _show_object(call: Call[NoParams], post_id: int) -> web.Response:
    async with call.services.db.read() as tx:
        name = call.request.match_info.get("name", "")
        for uri in (call.site.links.note(name, post_id), call.site.links.article(name, post_id)):
            if await posts.is_deleted(tx, uri):
                return document_response(objects.write_tombstone(uri), status=410)
        view = await get_visible_post(tx, post_id, call.signer.id if call.signer else None)
        self_replies = await load_self_replies(tx, [view.post])
    if view.boost_of is not None or view.account.account.username.lower() != name.lower():
        raise NotFoundError
    document = objects.with_context(render_object(call.site, view, self_replies.get(view.post.id, ())))
    return document_response(document, private=view.post.visibility not in visibility.PUBLIC_VISIBILITIES)


@routes.get(*OBJECT_PATHS, activitypub=True, limit="peers")
async def show(call: Call[NoParams]) -> web.Response:
    """Show a post at its id."""
    return await _show_object(call, call.id())


@routes.get("/@{name}/{place}", activitypub=True, limit="peers")
async def show_page(call: Call[NoParams]) -> web.Response:
    """Show a post at the address of its page: a number, or the slug of an article."""
    place = call.text("place")
    if place.isascii() and place.isdigit():
        return await _show_object(call, call.id("place"))
    async with call.services.db.read() as tx:
        account = await accounts.find_by_handle(tx, call.text("name"))
        if account is None:
            raise NotFoundError
        row = await articles.get_by_slug(tx, account.id, place)
    return await _show_object(call, row.id)


@routes.get(*(f"{path}/activity" for path in OBJECT_PATHS), activitypub=True, limit="peers")
async def show_activity(call: Call[NoParams]) -> web.Response:
    """Show the Create of a post, or a boost."""
    async with call.services.db.read() as tx:
        view = await get_visible_post(tx, call.id(), call.signer.id if call.signer else None)
        self_replies = await load_self_replies(tx, [view.post])
    return document_response(
        render_activity(call.site, view, self_replies.get(view.post.id, ())),
        private=view.post.visibility not in visibility.PUBLIC_VISIBILITIES,
    )
