"""How many posts are newer than those of an open page: its script asks, and offers to show them."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from msgspec import Struct

from fedserver.domain.timelines import timelines
from fedserver.pages.post_feed import PAGE_SIZE, load_feed
from fedserver.text.locales import gettext, ngettext
from fedserver.web.endpoint import USER, Call, Routes
from storage.engine import MAX_ID, Page

routes = Routes("pages")


class NewPostsParams(Struct, frozen=True):
    """The newest post of the open page."""

    since_id: int = 0


def _read_page(call: Call[NewPostsParams]) -> Page:
    return Page(limit=PAGE_SIZE, since_id=min(max(call.params.since_id, 0), MAX_ID))


async def _render_count(call: Call[NewPostsParams], ids: Sequence[int], context: str) -> web.Response:
    """Return the text of the button as plain text, empty without posts that the viewer wants to see."""
    count = len((await load_feed(call, ids, context)).views) if ids else 0
    text = (
        ngettext("Show %(count)s new post", "Show %(count)s new posts", count, count=count) if count else ""
    )
    if len(ids) == PAGE_SIZE and count:
        text = gettext("Show the newest posts")
    return web.Response(text=text, headers={"Cache-Control": "private, no-store"})


@routes.get("/home/new", html=True, auth=USER, params=NewPostsParams)
async def count_home(call: Call[NewPostsParams]) -> web.Response:
    ids = await timelines.list_home(call.tx, call.account.id, _read_page(call))
    return await _render_count(call, ids, "home")


@routes.get("/local/new", html=True, params=NewPostsParams)
async def count_local(call: Call[NewPostsParams]) -> web.Response:
    ids = await timelines.list_public(call.tx, call.viewer_id, _read_page(call), local=True)
    return await _render_count(call, ids, "public")
