"""Collections of whom an actor follows, and by whom it is followed (ActivityPub §5.3, §5.4)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from activitypub.collections import write_collection, write_items, write_page
from fedserver.domain.relationships import followers
from fedserver.federation.synchronization import SYNCHRONIZATION_PATH
from fedserver.s2s.requests import (
    document_response,
    get_named_account,
    next_page_url,
)
from fedserver.web.endpoint import Call, NoParams, Routes

routes = Routes("s2s")
PAGE_SIZE = 80


async def _show_relations(call: Call[NoParams], direction: str) -> web.Response:
    """Show followers or following: the count, and pages of URIs unless the member hides them."""
    async with call.services.db.read() as tx:
        account = await get_named_account(call, tx)
        uri = account.followers_uri if direction == "followers" else account.following_uri
        total = account.followers_count if direction == "followers" else account.following_count
        if account.hides_collections:
            return document_response(write_collection(uri, total))
        if "page" not in call.request.query:
            return document_response(write_collection(uri, total, first=f"{uri}?page=true"))
        rows = await followers.list_uris(tx, account, direction, call.page(PAGE_SIZE, PAGE_SIZE))
    page = f"{uri}?{call.request.query_string}"
    following = next_page_url(uri, [cursor for cursor, _ in rows], PAGE_SIZE)
    uris: list[Any] = [account_uri for _, account_uri in rows]
    return document_response(write_page(page, uri, uris, total=total, following=following))


@routes.get("/users/{name}/followers", "/actor/followers", activitypub=True, limit="peers")
async def show_followers(call: Call[NoParams]) -> web.Response:
    """Show who follows a member, or the node's own actor, as relays do."""
    return await _show_relations(call, "followers")


@routes.get("/users/{name}/following", "/actor/following", activitypub=True, limit="peers")
async def show_following(call: Call[NoParams]) -> web.Response:
    """Show whom a member follows, or the node's own actor."""
    return await _show_relations(call, "following")


@routes.get(
    f"/users/{{name}}/{SYNCHRONIZATION_PATH}", activitypub=True, requires_signature=True, limit="peers"
)
async def show_followers_of_host(call: Call[NoParams]) -> web.Response:
    """List the followers at the node that asks (FEP-8fcf), for it alone."""
    async with call.services.db.read() as tx:
        account = await get_named_account(call, tx)
        parts = urlsplit(call.peer.uri)
        uris = await followers.list_partial_followers(tx, account, f"{parts.scheme}://{parts.netloc}")
    uri = call.site.links.actor_endpoint(account.uri, SYNCHRONIZATION_PATH)
    return document_response(write_items(uri, uris), private=True)
