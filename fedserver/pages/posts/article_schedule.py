"""Articles and posts that are published later: the list, and how one changes one's mind."""

from __future__ import annotations

from aiohttp import web
from msgspec import structs

from fedserver.domain.posts import posts, scheduled_posts
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes

routes = Routes("pages")
MAX_SHOWN = 40


@routes.get("/write/article/scheduled", html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    """List what is published later."""
    scheduled = await scheduled_posts.list_by_author(call.tx, call.account, call.page(MAX_SHOWN, MAX_SHOWN))
    return call.render("scheduled.html", scheduled=sorted(scheduled, key=lambda post: post.row.publish_at))


@routes.post("/write/article/scheduled/{id}/edit", html=True, auth=USER, params=FormParams)
async def edit(call: Call[FormParams]) -> web.StreamResponse:
    """Make a draft of a scheduled article again, and open it."""
    scheduled = await scheduled_posts.get(call.tx, call.account, call.id())
    await scheduled_posts.cancel(call.tx, call.account, scheduled.row.id)
    draft = structs.replace(scheduled.draft, state="draft")
    post_id = await posts.publish(call.tx, call.site, call.account, draft)
    return call.see_other(f"/edit/{post_id}")


@routes.post(
    "/write/article/scheduled/{id}/delete",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Delete this post permanently? It is not published then."),
)
async def delete(call: Call[FormParams]) -> web.StreamResponse:
    """Delete a scheduled post."""
    await scheduled_posts.cancel(call.tx, call.account, call.id())
    return call.see_other("/write/article/scheduled")
