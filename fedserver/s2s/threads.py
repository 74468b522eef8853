"""What belongs to a post: replies, counts of likes and boosts, the thread it began."""

from __future__ import annotations

from aiohttp import web

from activitypub.collections import write_collection
from activitypub.terms import POST_CONTEXT
from fedserver.federation.outbound import replies
from fedserver.s2s.objects import OBJECT_PATHS, get_visible_post
from fedserver.s2s.requests import document_response
from fedserver.web.endpoint import Call, NoParams, Routes

routes = Routes("s2s")


@routes.get(*(f"{path}/replies" for path in OBJECT_PATHS), activitypub=True, limit="peers")
async def show_replies(call: Call[NoParams]) -> web.Response:
    """List the direct replies to a post that anyone may see, those of its author first."""
    query = call.request.query
    async with call.services.db.read() as tx:
        view = await get_visible_post(tx, call.id(), call.signer.id if call.signer else None)
        if "page" not in query:
            self_replies = await replies.load_self_replies(tx, [view.post])
            collection = replies.render_replies(view.post, self_replies.get(view.post.id, ()))
            return document_response({"@context": POST_CONTEXT, **collection})
        page_uri = f"{view.post.uri}/replies?{call.request.query_string}"
        page = await replies.render_replies_page(
            tx, view.post, page_uri, own="only_other_accounts" not in query, after=_read_position(call)
        )
    return document_response(page)


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
        uri = call.site.links.context(root.post.id)
        if "page" not in call.request.query:
            return document_response(await replies.render_thread(tx, uri, root))
        page_uri = f"{uri}?{call.request.query_string}"
        page = await replies.render_thread_page(tx, uri, page_uri, root.post, _read_position(call))
    return document_response(page)


def _read_position(call: Call[NoParams]) -> int:
    """Return the id after which a page begins."""
    return call.page(replies.PAGE_SIZE, replies.PAGE_SIZE).min_id or 0
