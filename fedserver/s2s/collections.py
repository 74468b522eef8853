"""Collections of actors: outbox, featured, featuredTags (ActivityPub §5)."""

from __future__ import annotations

from aiohttp import web

from activitypub.collections import write_collection, write_items, write_page
from fedserver.domain.accounts import featured_tags
from fedserver.domain.timelines import post_views, timelines, visibility
from fedserver.federation.outbound.actors import FEATURED_TAGS_PATH, render_featured_tag
from fedserver.federation.outbound.replies import load_self_replies
from fedserver.s2s.documents import render_activity, render_object
from fedserver.s2s.requests import document_response, get_named_account, next_page_url
from fedserver.web.endpoint import Call, NoParams, Routes

routes = Routes("s2s")
PAGE_SIZE = 20


@routes.get("/users/{name}/outbox", "/actor/outbox", activitypub=True, limit="peers")
async def show_outbox(call: Call[NoParams]) -> web.Response:
    """Show the public posts and boosts of a member, newest first; the node's own actor has none."""
    async with call.services.db.read() as tx:
        account = await get_named_account(call, tx)
        uri = account.outbox_uri
        if "page" not in call.request.query:
            return document_response(write_collection(uri, account.posts_count, first=f"{uri}?page=true"))
        ids = await timelines.list_by_account(tx, account.id, None, call.page(PAGE_SIZE, PAGE_SIZE))
        views = await post_views.load(tx, ids, None)
        self_replies = await load_self_replies(tx, [view.post for view in views])
    activities = [
        render_activity(call.site, view, self_replies.get(view.post.id, ()))
        for view in views
        if view.post.visibility in visibility.PUBLIC_VISIBILITIES
    ]
    # The page has an @context of its own, which holds for its items.
    items = [
        {name: value for name, value in activity.items() if name != "@context"} for activity in activities
    ]
    page = f"{uri}?{call.request.query_string}"
    following = next_page_url(uri, ids, PAGE_SIZE)
    return document_response(write_page(page, uri, items, total=account.posts_count, following=following))


@routes.get(
    "/users/{name}/collections/featured", "/actor/collections/featured", activitypub=True, limit="peers"
)
async def show_featured(call: Call[NoParams]) -> web.Response:
    """Show the public posts that a member has pinned."""
    async with call.services.db.read() as tx:
        account = await get_named_account(call, tx)
        ids = await timelines.list_pinned(tx, account.id, None)
        views = await post_views.load(tx, ids, None)
        self_replies = await load_self_replies(tx, [view.post for view in views])
    items = [
        render_object(call.site, view, self_replies.get(view.post.id, ()))
        for view in views
        if view.post.visibility in visibility.PUBLIC_VISIBILITIES
    ]
    return document_response(write_items(account.featured_uri, items))


@routes.get(f"/users/{{name}}/{FEATURED_TAGS_PATH}", activitypub=True, limit="peers")
async def show_featured_tags(call: Call[NoParams]) -> web.Response:
    """Show the hashtags that a member features on their profile."""
    async with call.services.db.read() as tx:
        account = await get_named_account(call, tx)
        rows = await featured_tags.list_by_account(tx, account)
    uri = call.site.links.actor_endpoint(account.uri, FEATURED_TAGS_PATH)
    items = [render_featured_tag(call.site, account, row) for row in rows]
    return document_response(write_items(uri, items, ordered=False))
