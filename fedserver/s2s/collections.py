"""Collections of actors: outbox, followers, following, featured, featuredTags (ActivityPub §5), partners."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from activitypub.collections import write_collection, write_items, write_page
from fedserver.domain.accounts import accounts, featured_tags
from fedserver.domain.kernel.errors import UnauthorizedError
from fedserver.domain.peers import partners
from fedserver.domain.relationships import followers
from fedserver.domain.timelines import post_views, timelines, visibility
from fedserver.federation.outbound.accounts import FEATURED_TAGS_PATH, render_featured_tag
from fedserver.federation.synchronization import SYNCHRONIZATION_PATH
from fedserver.s2s.objects import render_activity, render_object
from fedserver.s2s.requests import authenticate_reader, authenticate_signer, document_response
from fedserver.web.endpoint import Call, NoParams, Routes
from storage.engine import Tx
from storage.rows.accounts import AccountRow

routes = Routes("s2s")
PAGE_SIZE = 20
FOLLOWERS_PAGE_SIZE = 80


async def _get_account(call: Call[NoParams], tx: Tx) -> AccountRow:
    return await accounts.get_local(tx, call.text("name"))


def _next_page_url(call: Call[NoParams], collection: str, cursors: list[int], size: int) -> str | None:
    return f"{collection}?page=true&max_id={cursors[-1]}" if len(cursors) >= size else None


@routes.get("/users/{name}/outbox", activitypub=True, tx="own", limit="peers")
async def show_outbox(call: Call[NoParams]) -> web.Response:
    await authenticate_reader(call)
    async with call.services.db.read() as tx:
        account = await _get_account(call, tx)
        uri = account.outbox_uri
        if "page" not in call.request.query:
            return document_response(write_collection(uri, account.posts_count, first=f"{uri}?page=true"))
        ids = await timelines.list_by_account(tx, account.id, None, call.page(PAGE_SIZE, PAGE_SIZE))
        views = await post_views.load(tx, ids, None)
    items = [
        render_activity(call, view)
        for view in views
        if view.post.visibility in visibility.PUBLIC_VISIBILITIES
    ]
    bare = [{name: value for name, value in item.items() if name != "@context"} for item in items]
    page = f"{uri}?{call.request.query_string}"
    following = _next_page_url(call, uri, ids, PAGE_SIZE)
    return document_response(write_page(page, uri, bare, total=account.posts_count, following=following))


async def _show_relations(call: Call[NoParams], which: str) -> web.Response:
    await authenticate_reader(call)
    async with call.services.db.read() as tx:
        account = await _get_account(call, tx)
        uri = account.followers_uri if which == "followers" else account.following_uri
        total = account.followers_count if which == "followers" else account.following_count
        if account.hides_collections:
            return document_response(write_collection(uri, total))
        if "page" not in call.request.query:
            return document_response(write_collection(uri, total, first=f"{uri}?page=true"))
        found = await followers.list_uris(
            tx, account, which, call.page(FOLLOWERS_PAGE_SIZE, FOLLOWERS_PAGE_SIZE)
        )
    page = f"{uri}?{call.request.query_string}"
    following = _next_page_url(call, uri, [cursor for cursor, _ in found], FOLLOWERS_PAGE_SIZE)
    uris: list[Any] = [each for _, each in found]
    return document_response(write_page(page, uri, uris, total=total, following=following))


@routes.get("/users/{name}/followers", activitypub=True, tx="own", limit="peers")
async def show_followers(call: Call[NoParams]) -> web.Response:
    return await _show_relations(call, "followers")


@routes.get("/users/{name}/following", activitypub=True, tx="own", limit="peers")
async def show_following(call: Call[NoParams]) -> web.Response:
    return await _show_relations(call, "following")


@routes.get(f"/users/{{name}}/{SYNCHRONIZATION_PATH}", activitypub=True, tx="own", limit="peers")
async def show_followers_of_host(call: Call[NoParams]) -> web.Response:
    """The followers at the node that asks (FEP-8fcf), for it alone."""
    asking = await authenticate_signer(call)
    if asking is None:
        raise UnauthorizedError("This is for signed requests only")
    async with call.services.db.read() as tx:
        account = await _get_account(call, tx)
        parts = urlsplit(asking.uri)
        found = await followers.list_partial_followers(tx, account, f"{parts.scheme}://{parts.netloc}")
    uri = call.site.links.actor_endpoint(account.uri, SYNCHRONIZATION_PATH)
    return document_response(write_items(uri, found), private=True)


@routes.get("/users/{name}/collections/featured", activitypub=True, tx="own", limit="peers")
async def show_featured(call: Call[NoParams]) -> web.Response:
    await authenticate_reader(call)
    async with call.services.db.read() as tx:
        account = await _get_account(call, tx)
        ids = await timelines.list_pinned(tx, account.id, None)
        views = await post_views.load(tx, ids, None)
    items = [
        render_object(call, view) for view in views if view.post.visibility in visibility.PUBLIC_VISIBILITIES
    ]
    return document_response(write_items(account.featured_uri, items))


@routes.get(f"/users/{{name}}/{FEATURED_TAGS_PATH}", activitypub=True, tx="own", limit="peers")
async def show_featured_tags(call: Call[NoParams]) -> web.Response:
    await authenticate_reader(call)
    async with call.services.db.read() as tx:
        account = await _get_account(call, tx)
        found = await featured_tags.list_by_account(tx, account)
    uri = call.site.links.actor_endpoint(account.uri, FEATURED_TAGS_PATH)
    items = [render_featured_tag(call.site, account, row) for row in found]
    return document_response(write_items(uri, items, ordered=False))


@routes.get("/actor/partners", activitypub=True, tx="own", limit="peers")
async def show_partners(call: Call[NoParams]) -> web.Response:
    """To whom posts for partners are addressed: the own actors of these nodes."""
    await authenticate_reader(call)
    async with call.services.db.read() as tx:
        return document_response(
            write_items(call.site.links.partners, await partners.list_actor_uris(tx), ordered=False)
        )
