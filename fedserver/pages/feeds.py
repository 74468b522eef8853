"""Atom (RFC 4287) and RSS 2.0 of what a member publishes openly."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime as format_rfc822
from typing import Any

from aiohttp import web

from fedserver import domain
from fedserver.http import Call, mark_language
from fedserver.text.locales import format_datetime, gettext
from storage import AccountRow, Page

KINDS = {"atom": "application/atom+xml", "rss": "application/rss+xml"}
ENTRIES = 30


async def feed_of(call: Call[Any], account: AccountRow, ending: str, *, blog: bool = False) -> web.Response:
    """The feed of an account's posts, or of its articles."""
    if ending not in KINDS:
        raise domain.NotFound
    page = Page(limit=ENTRIES)
    if blog:
        ids = await domain.articles.latest(call.tx, account.id, page, member=False)
    else:
        ids = await domain.timelines.of_account(
            call.tx, account.id, None, page, exclude_replies=True, exclude_boosts=True
        )
    views = [
        view for view in await domain.post_views.load(call.tx, ids, None) if view.post.visibility == "public"
    ]
    author = (await domain.account_views.load(call.tx, [account.id]))[account.id]
    values = {
        "author": author,
        "views": views,
        "updated": max((_changed(view) for view in views), default=account.created_at),
        "own": f"{call.site.links.base}{call.request.path}",
        "page": call.site.links.blog(account.username) if blog else account.url,
        "rfc822": rfc822,
        "title": title,
    }
    text = call.services.pages.text(f"feed.{ending}.xml", values)
    response = web.Response(text=text, content_type=KINDS[ending], charset="utf-8")
    response.headers["Cache-Control"] = "max-age=300"
    mark_language(response)
    return response


def _changed(view: domain.post_views.PostView) -> int:
    return view.post.edited_at or view.post.published_at


def title(view: domain.post_views.PostView) -> str:
    """What an entry is called: a note has no title, so its day has to do."""
    if view.post.title:
        return view.post.title
    return gettext(
        "%(author)s, %(when)s", author=view.account.name, when=format_datetime(view.post.published_at)
    )


def rfc822(moment: int) -> str:
    """A date as RSS writes it."""
    return format_rfc822(datetime.fromtimestamp(moment / 1000, UTC), usegmt=True)
