"""Feeds of a member, the blog, a hashtag and the partners: what a visitor sees on the page, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from aiohttp import web
from msgspec import Struct, structs

from fedserver.domain.accounts import account_views
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import articles
from fedserver.domain.timelines import partner_posts, post_views, timelines
from fedserver.pages.content.feed_documents import CONTENT_TYPES, Feed, write_atom, write_rss
from fedserver.pages.content.feed_entries import to_entry
from fedserver.text.locales import gettext
from fedserver.web.endpoint import Call, NoParams, Routes
from fedserver.web.html import mark_language
from storage.engine import Page
from storage.rows.accounts import AccountRow

routes = Routes("pages")
WRITERS = {"atom": write_atom, "rss": write_rss}
MAX_ENTRIES = 30


class BlogFeedParams(Struct, frozen=True):
    """The order of a blog, latest or helpful, and the time in which likes count for it."""

    order: str = "latest"
    window: str = "quarter"


async def render_feed(
    call: Call[Any], account: AccountRow, ending: str, *, blog: bool = False
) -> web.Response:
    """Return the feed of the posts of an account, or (`blog`) of its articles. Raises NotFoundError."""
    page, links = Page(limit=MAX_ENTRIES), call.site.links
    if blog:
        ids = await articles.list_latest(call.tx, account.id, page, is_member=False)
    else:
        ids = await timelines.list_by_account(
            call.tx, account.id, None, page, exclude_replies=True, exclude_boosts=True
        )
    author = (await account_views.load(call.tx, [account.id]))[account.id]
    head = Feed(
        url="",
        page=links.blog(account.username) if blog else account.url,
        title=author.name,
        author=author.name,
        author_url=account.url,
        description=f"{author.name} · {call.site.config.community.title}",
        updated_at=account.created_at,
    )
    return await _render(call, ending, head, ids)


async def render_shared_feed(
    call: Call[Any], ending: str, title: str, path: str, ids: Sequence[int]
) -> web.Response:
    """Return a feed of posts by several authors, of what the page at `path` shows. Raises NotFoundError."""
    community, base = call.site.config.community, call.site.links.base
    head = Feed(
        url="",
        page=f"{base}{path}",
        title=f"{title} · {community.title}",
        author=community.title,
        author_url=f"{base}/",
        description=community.description or community.title,
        updated_at=0,
    )
    return await _render(call, ending, head, ids, names_authors=True)


async def _render(
    call: Call[Any], ending: str, head: Feed, ids: Sequence[int], *, names_authors: bool = False
) -> web.Response:
    """Return a feed of the posts that a visitor sees."""
    if ending not in WRITERS:
        raise NotFoundError
    views = [view for view in await post_views.load(call.tx, ids, None) if view.boost_of is None]
    entries = tuple(to_entry(call, view, names_author=names_authors) for view in views)
    feed = structs.replace(
        head,
        url=f"{call.site.links.base}{call.request.path_qs}",
        updated_at=max((entry.updated_at for entry in entries), default=head.updated_at),
        entries=entries,
    )
    response = web.Response(body=WRITERS[ending](feed), content_type=CONTENT_TYPES[ending], charset="utf-8")
    response.headers["Cache-Control"] = "max-age=300"
    mark_language(response)
    return response


@routes.get("/blog.atom", "/blog.rss", html=True, params=BlogFeedParams)
async def show_blog(call: Call[BlogFeedParams]) -> web.Response:
    """Return the feed of the articles of all members: the latest, or the most helpful first."""
    ending, window = call.request.path.rpartition(".")[2], call.params.window
    if call.params.order != "helpful":
        ids = await articles.list_latest(call.tx, None, Page(limit=MAX_ENTRIES), is_member=False)
        return await render_shared_feed(call, ending, gettext("Blog"), "/blog", ids)
    window = window if window in articles.WINDOWS else "quarter"
    ranked = await articles.list_helpful(call.tx, None, window, MAX_ENTRIES, 0, is_member=False)
    ids, path = [post_id for post_id, _ in ranked], f"/blog?order=helpful&window={window}"
    return await render_shared_feed(call, ending, gettext("Most helpful"), path, ids)


@routes.get("/partners.atom", "/partners.rss", html=True)
async def show_partners(call: Call[NoParams]) -> web.Response:
    """Return the feed of public posts by members of partners."""
    ids = await partner_posts.list_public(call.tx, Page(limit=MAX_ENTRIES))
    ending = call.request.path.rpartition(".")[2]
    return await render_shared_feed(call, ending, gettext("Partners"), "/partners", ids)


@routes.get("/tags/{tag}.atom", "/tags/{tag}.rss", html=True)
async def show_tag(call: Call[NoParams]) -> web.Response:
    """Return the feed of public posts with a hashtag."""
    name, ending = call.text("tag"), call.request.path.rpartition(".")[2]
    ids = await timelines.list_by_tag(call.tx, None, timelines.TagQuery(name), Page(limit=MAX_ENTRIES))
    return await render_shared_feed(call, ending, f"#{name}", f"/tags/{quote(name)}", ids)
