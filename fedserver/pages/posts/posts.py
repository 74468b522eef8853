"""The page of a post with its thread, or of an article with its replies."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.content import post_texts
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import articles
from fedserver.domain.posts.authorship import coauthors
from fedserver.domain.timelines import post_views, timelines
from fedserver.pages.accounts.profiles import get_account
from fedserver.pages.content.feeds import render_feed
from fedserver.pages.posts.polls import refresh_if_stale
from fedserver.pages.posts.thread_tree import MAX_ABOVE, REPLIES_A_PAGE, build_tree, refresh_thread
from fedserver.text.excerpts import make_excerpt
from fedserver.web.endpoint import Call, NoParams, Routes
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

routes = Routes("pages")


@routes.get("/@{name}/{place}", html=True)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    account = await get_account(call, call.tx, call.text("name"))
    place = call.text("place")
    stem, _, ending = place.rpartition(".")
    if stem == "blog":
        return await render_feed(call, account, ending, blog=True)
    try:
        post_id = await _resolve_post_id(call, account, place)
        above, below = await timelines.load_thread(call.tx, post_id, call.viewer_id)
    except NotFoundError:
        row = await _find_published(call, account, place)
        if row is None or str(row.id) == place:
            raise
        return call.see_other(row.url.removeprefix(call.site.links.base))
    first = call.offset()
    page = below[first : first + REPLIES_A_PAGE]
    thread = await post_views.load_thread(call.tx, post_id, above[-MAX_ABOVE:], page, call.viewer_id)
    view = thread.post
    if view.post.account_id != account.id:
        raise NotFoundError
    if view.boost_of is not None:
        return call.see_other(view.boost_of.post.url)
    if view.post.slug and place != view.post.slug:
        return call.see_other(view.post.url)
    await refresh_if_stale(call, view)
    await refresh_thread(call, view)
    has_more = len(below) > first + len(page)
    more = f"{call.request.path}?offset={first + REPLIES_A_PAGE}" if has_more else ""
    return await _render_page(call, thread, more, is_cut=len(above) > MAX_ABOVE)


async def _resolve_post_id(call: Call[NoParams], account: AccountRow, place: str) -> int:
    """Return the id of a post from the last part of its path: the id, or the slug of an article."""
    if place.isascii() and place.isdigit():
        return call.id("place")
    return (await articles.get_by_slug(call.tx, account.id, place)).id


async def _find_published(call: Call[NoParams], account: AccountRow, place: str) -> PostRow | None:
    """Return the article that a draft became, if the place is one of the draft."""
    row = await articles.find_by_former_address(call.tx, call.site, account, place)
    return row if row is not None and row.account_id == account.id else None


async def _render_page(
    call: Call[NoParams], thread: post_views.ThreadView, more: str, *, is_cut: bool
) -> web.StreamResponse:
    """Return the page of a post; `more` leads to further replies, `is_cut` if posts above are missing."""
    view = thread.post
    shown = [view, *thread.above, *thread.below]
    article_ids = [other.post.id for other in shown if other.post.kind == "Article"]
    is_article = view.post.kind == "Article"
    page = call.render(
        "article.html" if is_article else "thread.html",
        view=view,
        above=thread.above,
        is_cut=is_cut,
        replies=build_tree(thread.below),
        more=more,
        votes=await articles.count_helpful(call.tx, article_ids),
        coauthors=await coauthors.list_accepted(call.tx, view.post.id)
        if is_article and view.post.local
        else [],
        license_url=post_texts.LICENSES.get(view.post.license, ""),
        description=view.post.summary or make_excerpt(view.post.html, 200),
    )
    if view.post.local:
        page.headers["Link"] = f'<{view.post.uri}>; rel="alternate"; type="application/activity+json"'
    return page
