"""Atom (RFC 4287) and RSS 2.0 feeds of the public posts of a member."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime as format_rfc822
from typing import Any

from aiohttp import web

from fedserver.domain.accounts import account_views
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import articles
from fedserver.domain.timelines import post_views, timelines
from fedserver.text.locales import format_datetime, gettext
from fedserver.web.endpoint import Call
from fedserver.web.html import mark_language
from storage.engine import Page
from storage.rows.accounts import AccountRow

CONTENT_TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml"}
MAX_ENTRIES = 30


async def render_feed(
    call: Call[Any], account: AccountRow, ending: str, *, blog: bool = False
) -> web.Response:
    """Return the feed of the posts of an account, or (`blog`) of its articles. Raises NotFoundError."""
    if ending not in CONTENT_TYPES:
        raise NotFoundError
    page = Page(limit=MAX_ENTRIES)
    if blog:
        ids = await articles.list_latest(call.tx, account.id, page, is_member=False)
    else:
        ids = await timelines.list_by_account(
            call.tx, account.id, None, page, exclude_replies=True, exclude_boosts=True
        )
    views = [view for view in await post_views.load(call.tx, ids, None) if view.post.visibility == "public"]
    author = (await account_views.load(call.tx, [account.id]))[account.id]
    values = {
        "author": author,
        "views": views,
        "updated": max((_get_updated_at(view) for view in views), default=account.created_at),
        "own": f"{call.site.links.base}{call.request.path}",
        "page": call.site.links.blog(account.username) if blog else account.url,
        "rfc822": rfc822,
        "title": entry_title,
    }
    text = call.services.pages.render_text(f"feed.{ending}.xml", values)
    response = web.Response(text=text, content_type=CONTENT_TYPES[ending], charset="utf-8")
    response.headers["Cache-Control"] = "max-age=300"
    mark_language(response)
    return response


def _get_updated_at(view: post_views.PostView) -> int:
    return view.post.edited_at or view.post.published_at


def entry_title(view: post_views.PostView) -> str:
    """Return the title of an entry: notes have none, so author and time replace it."""
    if view.post.title:
        return view.post.title
    return gettext(
        "%(author)s, %(when)s", author=view.account.name, when=format_datetime(view.post.published_at)
    )


def rfc822(moment: int) -> str:
    """Return a time (ms UTC) as RSS writes it."""
    return format_rfc822(datetime.fromtimestamp(moment / 1000, UTC), usegmt=True)
