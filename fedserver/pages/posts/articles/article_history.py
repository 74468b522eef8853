"""The earlier versions of an article: what changed from one to the next, and back to one of them."""

from __future__ import annotations

import asyncio

from aiohttp import web

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import articles, edits, versions
from fedserver.domain.timelines import post_views, visibility
from fedserver.pages.accounts.profiles import get_account
from fedserver.text.articles.word_diff import compare
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes
from storage.engine import ReadTx

routes = Routes("pages")


async def _get_article(call: Call[NoParams], tx: ReadTx) -> post_views.PostView:
    """Return the article of a path, if the viewer may see it. Raises NotFoundError."""
    account = await get_account(call, tx, call.text("name"))
    place = call.text("place")
    if place.isascii() and place.isdigit():
        post_id = call.id("place")
    else:
        post_id = (await articles.get_by_slug(tx, account.id, place)).id
    views = await post_views.load(tx, [post_id], call.viewer_id)
    # A draft has no versions: it is what its author wrote last.
    if not views or views[0].post.account_id != account.id or views[0].post.kind != "Article":
        raise NotFoundError
    return views[0]


@routes.get("/@{name}/{place}/history", html=True)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    """List the versions of an article, the present one first."""
    view = await _get_article(call, call.tx)
    times = await versions.list_times(call.tx, view.post.id)
    return call.render("article_history.html", view=view, versions=times)


@routes.get("/@{name}/{place}/history/{version}", html=True, tx="own")
async def show_version(call: Call[NoParams]) -> web.StreamResponse:
    """Show what was changed in a version of an article."""
    async with call.services.db.read() as tx:
        view = await _get_article(call, tx)
        former = await versions.get(tx, view.post.id, call.id("version"))
        latter = await versions.find_next(tx, view.post.id, former.id)
    row = view.post
    after = latter or row
    # Comparing long texts takes a while; other requests do not wait for it.
    text, summary, title = await asyncio.to_thread(
        lambda: (
            compare(former.source, after.source),
            compare(former.summary, after.summary),
            compare(former.title, after.title),
        )
    )
    return call.render(
        "article_version.html",
        view=view,
        former=former,
        changed_at=latter.at if latter else row.edited_at or row.published_at,
        changes=[("title", title), ("summary", summary), ("text", text)],
        is_own=call.viewer_id == row.account_id,
    )


@routes.post(
    "/write/article/{id}/versions/{version}/restore",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Replace the article by this version? The present one stays in the list of versions."),
)
async def restore(call: Call[FormParams]) -> web.StreamResponse:
    """Let an article say again what it said in a version."""
    row = await visibility.get_own(call.tx, call.account, call.id())
    former = await versions.get(call.tx, row.id, call.id("version"))
    change = edits.PostEdit(
        text=former.source, title=former.title, summary="" if articles.is_excerpt(former) else former.summary
    )
    await edits.edit(call.tx, call.site, call.account, row.id, change)
    return call.redirect_with_notice(row.url.removeprefix(call.site.links.base), "/home", "restored")
