"""What belongs to a post: replies, counts of likes and boosts, the thread it began."""

from __future__ import annotations

from aiohttp import web

from activitypub.collections import write_collection, write_items
from fedserver.domain.timelines import post_views, timelines
from fedserver.s2s.objects import OBJECT_PATHS, get_visible_post
from fedserver.s2s.requests import document_response
from fedserver.web.endpoint import Call, NoParams, Routes

routes = Routes("s2s")
MAX_ITEMS = 200  # posts in one answer, which is not divided into pages


@routes.get(*(f"{path}/replies" for path in OBJECT_PATHS), activitypub=True, limit="peers")
async def show_replies(call: Call[NoParams]) -> web.Response:
    """List the direct replies to a post that anyone may see."""
    async with call.services.db.read() as tx:
        view = await get_visible_post(tx, call.id(), call.signer.id if call.signer else None)
        _, below = await timelines.load_thread(tx, view.post.id, None)
        replies = await post_views.load(tx, below[:MAX_ITEMS], None)
    uris = [reply.post.uri for reply in replies if reply.post.in_reply_to_id == view.post.id]
    return document_response(write_items(f"{view.post.uri}/replies", uris))


@routes.get(*(f"{path}/likes" for path in OBJECT_PATHS), activitypub=True, limit="peers")
async def show_likes(call: Call[NoParams]) -> web.Response:
    """Show how many likes a post has, without the accounts."""
    async with call.services.db.read() as tx:
        view = await get_visible_post(tx, call.id(), call.signer.id if call.signer else None)
    uri = f"{view.post.uri}/likes"
    return document_response(write_collection(uri, view.post.likes_count, ordered=False))


@routes.get(*(f"{path}/shares" for path in OBJECT_PATHS), activitypub=True, limit="peers")
async def show_shares(call: Call[NoParams]) -> web.Response:
    """Show how many boosts a post has, without the accounts."""
    async with call.services.db.read() as tx:
        view = await get_visible_post(tx, call.id(), call.signer.id if call.signer else None)
    uri = f"{view.post.uri}/shares"
    return document_response(write_collection(uri, view.post.boosts_count, ordered=False))


@routes.get("/contexts/{id}", activitypub=True, limit="peers")
async def show_context(call: Call[NoParams]) -> web.Response:
    """List the posts of a thread that began here (FEP-7888) and that anyone may see."""
    async with call.services.db.read() as tx:
        root = await get_visible_post(tx, call.id(), None)
        _, below = await timelines.load_thread(tx, root.post.id, None)
        views = await post_views.load(tx, below[:MAX_ITEMS], None)
    uri = call.site.links.context(root.post.id)
    uris = [root.post.uri, *(view.post.uri for view in views)]
    return document_response({**write_items(uri, uris), "attributedTo": root.account.account.uri})
