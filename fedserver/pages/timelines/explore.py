"""What is going on here: posts, links and hashtags that rise, and people to follow."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views, relations, suggestions
from fedserver.domain.timelines import search, trends
from fedserver.pages.post_feed import PAGE_SIZE, load_feed
from fedserver.web.endpoint import Call, Routes

routes = Routes("pages")
Tab = Literal["posts", "links", "tags", "people"]
TAGS_A_PAGE = 40
MAX_SUGGESTED = 6


class ExploreParams(Struct, frozen=True):
    tab: Tab = "posts"


@routes.get("/explore", html=True, params=ExploreParams)
async def show(call: Call[ExploreParams]) -> web.StreamResponse:
    tab, offset = call.params.tab, call.offset()
    render = {"posts": _show_posts, "links": _show_links, "tags": _show_tags, "people": _show_people}[tab]
    return await render(call, offset)


def _render(call: Call[ExploreParams], next_offset: int, **values: Any) -> web.Response:
    """Return the page; `next_offset` is 0 at the end of a list."""
    tab = call.params.tab
    older = f"/explore?tab={tab}&offset={next_offset}" if next_offset else ""
    return call.render("explore.html", tab=tab, older=older, **values)


async def _show_posts(call: Call[ExploreParams], offset: int) -> web.Response:
    ids = await trends.list_posts(call.tx, PAGE_SIZE, offset)
    feed = await load_feed(call, ids, "public", 10_000)  # it has its own link to more
    following = offset + PAGE_SIZE if len(ids) == PAGE_SIZE else 0
    return _render(call, following, feed=feed)


async def _show_links(call: Call[ExploreParams], offset: int) -> web.Response:
    links = await trends.list_links(call.tx, PAGE_SIZE, offset, call.viewer_id)
    following = offset + PAGE_SIZE if len(links) == PAGE_SIZE else 0
    return _render(call, following, trending=links)


async def _show_tags(call: Call[ExploreParams], offset: int) -> web.Response:
    rows = await trends.list_tags(call.tx, TAGS_A_PAGE, offset)
    uses = await search.load_tag_uses(call.tx, [row.name for row in rows])
    counts = {name: sum(count for _, count, _ in days) for name, days in uses.items()}
    following = offset + TAGS_A_PAGE if len(rows) == TAGS_A_PAGE else 0
    return _render(call, following, rows=rows, counts=counts)


async def _show_people(call: Call[ExploreParams], offset: int) -> web.Response:
    """Show suggestions of accounts to follow, then the members who want to be found."""
    account = call.principal.account if call.principal is not None else None
    suggested: list[int] = []
    if account is not None and not offset:
        chosen = await suggestions.list_for_account(call.tx, account, MAX_SUGGESTED)
        suggested = [suggestion.account_id for suggestion in chosen]
    listed = await suggestions.list_directory(
        call.tx, call.viewer_id, PAGE_SIZE, offset, newest=False, only_local=True
    )
    views = await account_views.load(call.tx, [*suggested, *listed])
    loaded = await relations.load(call.tx, account.id, list(views)) if account is not None else []
    following = offset + PAGE_SIZE if len(listed) == PAGE_SIZE else 0
    return _render(
        call,
        following,
        suggested=[views[key] for key in suggested if key in views],
        people=[views[key] for key in listed if key in views and key not in suggested],
        relations={relation.id: relation for relation in loaded},
    )
