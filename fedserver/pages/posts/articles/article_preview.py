"""How an article will look: the text as the server renders it when the article is published."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from fedserver.domain.content import post_texts
from fedserver.domain.kernel.errors import InvalidError
from fedserver.pages.posts.articles.article_forms import MARKDOWN, ArticleFormParams, build_text
from fedserver.text.articles.page_html import ArticleBody, build_body
from fedserver.text.locales import gettext
from fedserver.web.endpoint import USER, Call, Routes
from storage.engine import ReadTx

routes = Routes("pages")


async def render_body(call: Call[Any], tx: ReadTx, params: ArticleFormParams) -> ArticleBody:
    """Return the text of a form as its page will show it. Raises InvalidError if it is too long."""
    text = await post_texts.render(
        tx, call.site, build_text(params), MARKDOWN, params.summary, kind="Article", sensitive=False, page=""
    )
    return build_body(text.html, gettext("Table"))


@routes.post("/write/article/preview", html=True, auth=USER, params=ArticleFormParams, tx="own")
async def show(call: Call[ArticleFormParams]) -> web.StreamResponse:
    """Return the rendered text for a script. An error in another field does not keep it from being shown."""
    problem, body = "", ArticleBody("", ())
    async with call.services.db.read() as tx:
        try:
            body = await render_body(call, tx, call.params)
        except InvalidError as error:
            problem = error.message
    page = call.render("_article_preview.html", params=call.params, preview=body, problem=problem)
    page.headers["Cache-Control"] = "private, no-store"
    return page
