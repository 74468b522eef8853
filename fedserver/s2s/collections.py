"""Collections of actors: outbox, followers, following, featured, featuredTags (ActivityPub §5), partners."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from activitypub.collections import write_collection, write_items, write_page
from fedserver.domain.accounts import accounts, featured_tags
from fedserver.domain.kernel.errors import Unauthorized
from fedserver.domain.peers import partners
from fedserver.domain.relationships import follows
from fedserver.domain.timelines import post_views, timelines, visibility
from fedserver.federation.outbound.accounts import FEATURED_TAGS, hashtag
from fedserver.federation.synchronization import SYNCHRONIZATION
from fedserver.s2s.objects import as_activity, rendered
from fedserver.s2s.requests import document, reader, signer
from fedserver.web.endpoint import Call, Nothing, Routes
from storage.engine import Tx
from storage.rows.accounts import AccountRow

routes = Routes("s2s")
PAGE = 20
FOLLOWERS_PAGE = 80


async def _account(call: Call[Nothing], tx: Tx) -> AccountRow:
    return await accounts.local(tx, call.text("name"))


def _following_page(call: Call[Nothing], collection: str, cursors: list[int], size: int) -> str | None:
    return f"{collection}?page=true&max_id={cursors[-1]}" if len(cursors) >= size else None


@routes.get("/users/{name}/outbox", activitypub=True, tx="own", limit="peers")
async def outbox(call: Call[Nothing]) -> web.Response:
    await reader(call)
    async with call.services.db.read() as tx:
        account = await _account(call, tx)
        uri = account.outbox_uri
        if "page" not in call.request.query:
            return document(write_collection(uri, account.posts_count, first=f"{uri}?page=true"))
        ids = await timelines.of_account(tx, account.id, None, call.page(PAGE, PAGE))
        views = await post_views.load(tx, ids, None)
    items = [as_activity(call, view) for view in views if view.post.visibility in visibility.OPEN]
    bare = [{name: value for name, value in item.items() if name != "@context"} for item in items]
    page = f"{uri}?{call.request.query_string}"
    following = _following_page(call, uri, ids, PAGE)
    return document(write_page(page, uri, bare, total=account.posts_count, following=following))


async def _people(call: Call[Nothing], which: str) -> web.Response:
    await reader(call)
    async with call.services.db.read() as tx:
        account = await _account(call, tx)
        uri = account.followers_uri if which == "followers" else account.following_uri
        total = account.followers_count if which == "followers" else account.following_count
        if account.hides_collections:
            return document(write_collection(uri, total))
        if "page" not in call.request.query:
            return document(write_collection(uri, total, first=f"{uri}?page=true"))
        found = await follows.uris(tx, account, which, call.page(FOLLOWERS_PAGE, FOLLOWERS_PAGE))
    page = f"{uri}?{call.request.query_string}"
    following = _following_page(call, uri, [cursor for cursor, _ in found], FOLLOWERS_PAGE)
    uris: list[Any] = [each for _, each in found]
    return document(write_page(page, uri, uris, total=total, following=following))


@routes.get("/users/{name}/followers", activitypub=True, tx="own", limit="peers")
async def followers(call: Call[Nothing]) -> web.Response:
    return await _people(call, "followers")


@routes.get("/users/{name}/following", activitypub=True, tx="own", limit="peers")
async def following(call: Call[Nothing]) -> web.Response:
    return await _people(call, "following")


@routes.get(f"/users/{{name}}/{SYNCHRONIZATION}", activitypub=True, tx="own", limit="peers")
async def followers_at(call: Call[Nothing]) -> web.Response:
    """The followers at the node that asks (FEP-8fcf), for it alone."""
    asking = await signer(call)
    if asking is None:
        raise Unauthorized("This is for signed requests only")
    async with call.services.db.read() as tx:
        account = await _account(call, tx)
        parts = urlsplit(asking.uri)
        found = await follows.partial(tx, account, f"{parts.scheme}://{parts.netloc}")
    uri = call.site.links.part(account.uri, SYNCHRONIZATION)
    return document(write_items(uri, found), private=True)


@routes.get("/users/{name}/collections/featured", activitypub=True, tx="own", limit="peers")
async def featured(call: Call[Nothing]) -> web.Response:
    await reader(call)
    async with call.services.db.read() as tx:
        account = await _account(call, tx)
        ids = await timelines.pinned(tx, account.id, None)
        views = await post_views.load(tx, ids, None)
    items = [rendered(call, view) for view in views if view.post.visibility in visibility.OPEN]
    return document(write_items(account.featured_uri, items))


@routes.get(f"/users/{{name}}/{FEATURED_TAGS}", activitypub=True, tx="own", limit="peers")
async def show_featured_tags(call: Call[Nothing]) -> web.Response:
    await reader(call)
    async with call.services.db.read() as tx:
        account = await _account(call, tx)
        found = await featured_tags.of_account(tx, account)
    uri = call.site.links.part(account.uri, FEATURED_TAGS)
    items = [hashtag(call.site, account, row) for row in found]
    return document(write_items(uri, items, ordered=False))


@routes.get("/actor/partners", activitypub=True, tx="own", limit="peers")
async def show_partners(call: Call[Nothing]) -> web.Response:
    """To whom posts for partners are addressed: the own actors of these nodes."""
    await reader(call)
    async with call.services.db.read() as tx:
        return document(write_items(call.site.links.partners, await partners.nodes(tx), ordered=False))
