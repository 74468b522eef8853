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
from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.posts import articles, posts, quotes
from fedserver.domain.timelines import post_views, timelines, visibility
from fedserver.federation.outbound.posts import post as render
from fedserver.s2s.requests import document, reader
from fedserver.web.endpoint import Call, Nothing, Routes
from storage.engine import Tx

routes = Routes("s2s")
OBJECTS = ("/users/{name}/statuses/{id}", "/users/{name}/articles/{id}")
MOST = 200


def rendered(call: Call[Nothing], view: post_views.PostView) -> Document:
    """The document of a post without `@context`."""
    files = [*view.media, *([view.cover] if view.cover else [])]
    quote = view.quote.row if view.quote is not None else None
    return render(call.site, view.post, view.account.account, files, view.poll, quote)


async def visible(call: Call[Nothing], tx: Tx, post_id: int, viewer_id: int | None) -> post_views.PostView:
    """A post of ours that a peer may see. Raises NotFound."""
    views = await post_views.load(tx, [post_id], viewer_id)
    if not views or not views[0].post.local or views[0].post.visibility not in visibility.FEDERATED:
        raise NotFound
    return views[0]


async def _answer(call: Call[Nothing], post_id: int) -> web.Response:
    viewer = await reader(call)
    async with call.services.db.read() as tx:
        name = call.request.match_info.get("name", "")
        for uri in (call.site.links.note(name, post_id), call.site.links.article(name, post_id)):
            if await posts.is_deleted(tx, uri):
                return document(objects.write_tombstone(uri), status=410)
        view = await visible(call, tx, post_id, viewer.id if viewer else None)
    if view.boost_of is not None or view.account.account.username.lower() != name.lower():
        raise NotFound
    made = objects.with_context(rendered(call, view))
    return document(made, private=view.post.visibility not in visibility.OPEN)


@routes.get(*OBJECTS, activitypub=True, tx="own", limit="peers")
async def show(call: Call[Nothing]) -> web.Response:
    return await _answer(call, call.id())


@routes.get("/@{name}/{place}", activitypub=True, tx="own", limit="peers")
async def show_page(call: Call[Nothing]) -> web.Response:
    place = call.text("place")
    if place.isascii() and place.isdigit():
        return await _answer(call, call.id("place"))
    async with call.services.db.read() as tx:
        account = await accounts.by_handle(tx, call.text("name"))
        if account is None:
            raise NotFound
        row = await articles.by_slug(tx, account.id, place)
    return await _answer(call, row.id)


@routes.get(*(f"{path}/activity" for path in OBJECTS), activitypub=True, tx="own", limit="peers")
async def activity(call: Call[Nothing]) -> web.Response:
    viewer = await reader(call)
    async with call.services.db.read() as tx:
        view = await visible(call, tx, call.id(), viewer.id if viewer else None)
    return document(as_activity(call, view), private=view.post.visibility not in visibility.OPEN)


def as_activity(call: Call[Nothing], view: post_views.PostView) -> Document:
    """The Create of a post, or the Announce that a boost is."""
    account, row = view.account.account, view.post
    if view.boost_of is not None:
        original = view.boost_of
        to, cc = addresses(row.visibility, account.followers_uri, [original.account.account.uri])
        return announce(row.uri, account.uri, original.post.uri, to, cc, row.published_at)
    return create_activity(call.site.links.create(row.uri), account.uri, rendered(call, view))


@routes.get(*(f"{path}/replies" for path in OBJECTS), activitypub=True, tx="own", limit="peers")
async def replies(call: Call[Nothing]) -> web.Response:
    viewer = await reader(call)
    async with call.services.db.read() as tx:
        view = await visible(call, tx, call.id(), viewer.id if viewer else None)
        _, below = await timelines.thread(tx, view.post.id, None)
        found = await post_views.load(tx, below[:MOST], None)
    uris = [each.post.uri for each in found if each.post.in_reply_to_id == view.post.id]
    return document(write_items(f"{view.post.uri}/replies", uris))


@routes.get(*(f"{path}/likes" for path in OBJECTS), activitypub=True, tx="own", limit="peers")
async def likes(call: Call[Nothing]) -> web.Response:
    viewer = await reader(call)
    async with call.services.db.read() as tx:
        view = await visible(call, tx, call.id(), viewer.id if viewer else None)
    uri = f"{view.post.uri}/likes"
    return document(write_collection(uri, view.post.likes_count, ordered=False))


@routes.get(*(f"{path}/shares" for path in OBJECTS), activitypub=True, tx="own", limit="peers")
async def shares(call: Call[Nothing]) -> web.Response:
    viewer = await reader(call)
    async with call.services.db.read() as tx:
        view = await visible(call, tx, call.id(), viewer.id if viewer else None)
    uri = f"{view.post.uri}/shares"
    return document(write_collection(uri, view.post.boosts_count, ordered=False))


@routes.get("/users/{name}/quote_authorizations/{id}", activitypub=True, tx="own", limit="peers")
async def quote_authorization(call: Call[Nothing]) -> web.Response:
    """That a post may quote one of ours (FEP-044f); gone when the author took that back."""
    await reader(call)
    async with call.services.db.read() as tx:
        author = await accounts.local(tx, call.text("name"))
        quote, quoting = await quotes.authorization(tx, author, call.id())
    uri = call.site.links.quote_authorization(author.username, quote.post_id)
    return document(QuoteAuthorization(uri, author.uri, quoting, quote.quoted_uri).write())


@routes.get("/contexts/{id}", activitypub=True, tx="own", limit="peers")
async def context(call: Call[Nothing]) -> web.Response:
    """A thread that began here (FEP-7888): the open posts in it."""
    await reader(call)
    async with call.services.db.read() as tx:
        root = await visible(call, tx, call.id(), None)
        _, below = await timelines.thread(tx, root.post.id, None)
        found = await post_views.load(tx, below[:MOST], None)
    uri = call.site.links.context(root.post.id)
    uris = [root.post.uri, *(each.post.uri for each in found)]
    return document({**write_items(uri, uris), "attributedTo": root.account.account.uri})
