"""Objects by content negotiation (ActivityPub §3.2): posts, their replies and counts, threads.

What a peer may not see does not exist for it; what was deleted is 410 with a tombstone.
"""

from __future__ import annotations

from aiohttp import web

from activitypub import objects
from activitypub.activities import announce
from activitypub.activities import create as create_activity
from activitypub.addressing import addresses
from activitypub.collections import write_collection, write_items
from activitypub.document import Document
from activitypub.interactions import QuoteAuthorization
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import articles, posts, quotes
from fedserver.domain.timelines import post_views, timelines, visibility
from fedserver.federation.outbound.posts import render_post as render
from fedserver.s2s.requests import authenticate_reader, document_response
from fedserver.web.endpoint import Call, NoParams, Routes
from storage.engine import Tx

routes = Routes("s2s")
OBJECT_PATHS = ("/users/{name}/statuses/{id}", "/users/{name}/articles/{id}")
MAX_ITEMS = 200


def render_object(call: Call[NoParams], view: post_views.PostView) -> Document:
    """The document of a post without `@context`."""
    files = [*view.media, *([view.cover] if view.cover else [])]
    quote = view.quote.row if view.quote is not None else None
    return render(call.site, view.post, view.account.account, files, view.poll, quote)


async def get_visible_post(
    call: Call[NoParams], tx: Tx, post_id: int, viewer_id: int | None
) -> post_views.PostView:
    """A post of ours that a peer may see. Raises NotFound."""
    views = await post_views.load(tx, [post_id], viewer_id)
    if not views or not views[0].post.local or views[0].post.visibility not in visibility.FEDERATED:
        raise NotFoundError
    return views[0]


async def _show_object(call: Call[NoParams], post_id: int) -> web.Response:
    viewer = await authenticate_reader(call)
    async with call.services.db.read() as tx:
        name = call.request.match_info.get("name", "")
        for uri in (call.site.links.note(name, post_id), call.site.links.article(name, post_id)):
            if await posts.is_deleted(tx, uri):
                return document_response(objects.write_tombstone(uri), status=410)
        view = await get_visible_post(call, tx, post_id, viewer.id if viewer else None)
    if view.boost_of is not None or view.account.account.username.lower() != name.lower():
        raise NotFoundError
    made = objects.with_context(render_object(call, view))
    return document_response(made, private=view.post.visibility not in visibility.PUBLIC_VISIBILITIES)


@routes.get(*OBJECT_PATHS, activitypub=True, tx="own", limit="peers")
async def show(call: Call[NoParams]) -> web.Response:
    return await _show_object(call, call.id())


@routes.get("/@{name}/{place}", activitypub=True, tx="own", limit="peers")
async def show_page(call: Call[NoParams]) -> web.Response:
    place = call.text("place")
    if place.isascii() and place.isdigit():
        return await _show_object(call, call.id("place"))
    async with call.services.db.read() as tx:
        account = await accounts.find_by_handle(tx, call.text("name"))
        if account is None:
            raise NotFoundError
        row = await articles.get_by_slug(tx, account.id, place)
    return await _show_object(call, row.id)


@routes.get(*(f"{path}/activity" for path in OBJECT_PATHS), activitypub=True, tx="own", limit="peers")
async def show_activity(call: Call[NoParams]) -> web.Response:
    viewer = await authenticate_reader(call)
    async with call.services.db.read() as tx:
        view = await get_visible_post(call, tx, call.id(), viewer.id if viewer else None)
    return document_response(
        render_activity(call, view), private=view.post.visibility not in visibility.PUBLIC_VISIBILITIES
    )


def render_activity(call: Call[NoParams], view: post_views.PostView) -> Document:
    """The Create of a post, or the Announce that a boost is."""
    account, row = view.account.account, view.post
    if view.boost_of is not None:
        original = view.boost_of
        to, cc = addresses(row.visibility, account.followers_uri, [original.account.account.uri])
        return announce(row.uri, account.uri, original.post.uri, to, cc, row.published_at)
    return create_activity(call.site.links.create(row.uri), account.uri, render_object(call, view))


@routes.get(*(f"{path}/replies" for path in OBJECT_PATHS), activitypub=True, tx="own", limit="peers")
async def show_replies(call: Call[NoParams]) -> web.Response:
    viewer = await authenticate_reader(call)
    async with call.services.db.read() as tx:
        view = await get_visible_post(call, tx, call.id(), viewer.id if viewer else None)
        _, below = await timelines.load_thread(tx, view.post.id, None)
        found = await post_views.load(tx, below[:MAX_ITEMS], None)
    uris = [each.post.uri for each in found if each.post.in_reply_to_id == view.post.id]
    return document_response(write_items(f"{view.post.uri}/replies", uris))


@routes.get(*(f"{path}/likes" for path in OBJECT_PATHS), activitypub=True, tx="own", limit="peers")
async def show_likes(call: Call[NoParams]) -> web.Response:
    viewer = await authenticate_reader(call)
    async with call.services.db.read() as tx:
        view = await get_visible_post(call, tx, call.id(), viewer.id if viewer else None)
    uri = f"{view.post.uri}/likes"
    return document_response(write_collection(uri, view.post.likes_count, ordered=False))


@routes.get(*(f"{path}/shares" for path in OBJECT_PATHS), activitypub=True, tx="own", limit="peers")
async def show_shares(call: Call[NoParams]) -> web.Response:
    viewer = await authenticate_reader(call)
    async with call.services.db.read() as tx:
        view = await get_visible_post(call, tx, call.id(), viewer.id if viewer else None)
    uri = f"{view.post.uri}/shares"
    return document_response(write_collection(uri, view.post.boosts_count, ordered=False))


@routes.get("/users/{name}/quote_authorizations/{id}", activitypub=True, tx="own", limit="peers")
async def show_quote_authorization(call: Call[NoParams]) -> web.Response:
    """That a post may quote one of ours (FEP-044f); gone when the author took that back."""
    await authenticate_reader(call)
    async with call.services.db.read() as tx:
        author = await accounts.get_local(tx, call.text("name"))
        quote, quoting = await quotes.get_authorization(tx, author, call.id())
    uri = call.site.links.quote_authorization(author.username, quote.post_id)
    return document_response(QuoteAuthorization(uri, author.uri, quoting, quote.quoted_uri).write())


@routes.get("/contexts/{id}", activitypub=True, tx="own", limit="peers")
async def show_context(call: Call[NoParams]) -> web.Response:
    """A thread that began here (FEP-7888): the open posts in it."""
    await authenticate_reader(call)
    async with call.services.db.read() as tx:
        root = await get_visible_post(call, tx, call.id(), None)
        _, below = await timelines.load_thread(tx, root.post.id, None)
        found = await post_views.load(tx, below[:MAX_ITEMS], None)
    uri = call.site.links.context(root.post.id)
    uris = [root.post.uri, *(each.post.uri for each in found)]
    return document_response({**write_items(uri, uris), "attributedTo": root.account.account.uri})
