"""An article that is published later, and whose author wants to go on writing it."""

from __future__ import annotations

from aiohttp import web
from msgspec import structs

from fedserver.domain.posts import posts, scheduled_posts
from fedserver.web.endpoint import USER, Call, FormParams, Routes

routes = Routes("pages")


@routes.post("/write/article/scheduled/{id}/edit", html=True, auth=USER, params=FormParams)
async def edit(call: Call[FormParams]) -> web.StreamResponse:
    """Make a draft of a scheduled article again, and open it."""
    scheduled = await scheduled_posts.get(call.tx, call.account, call.id())
    await scheduled_posts.cancel(call.tx, call.account, scheduled.row.id)
    draft = structs.replace(scheduled.draft, state="draft")
    post_id = await posts.publish(call.tx, call.site, call.account, draft)
    return call.see_other(f"/edit/{post_id}")
