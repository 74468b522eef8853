"""An article from a Markdown file: it becomes a draft, which its author looks at before it is published."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import members
from fedserver.domain.content.post_texts import MAX_SUMMARY, MAX_TITLE
from fedserver.domain.kernel.errors import DomainError, InvalidError
from fedserver.domain.posts import posts, scheduled_posts
from fedserver.pages.posts.articles.article_forms import ArticleFormParams, build_draft
from fedserver.text.articles.markdown_files import MarkdownFile, read_markdown_file
from fedserver.text.excerpts import shorten
from fedserver.text.locales import format_date, gettext
from fedserver.text.names import is_hashtag
from fedserver.web.endpoint import USER, Call, Routes
from fedserver.web.uploads import Upload

routes = Routes("pages")
MAX_BYTES_PER_CHARACTER = 4  # of UTF-8


class ImportArticleParams(Struct, frozen=True):
    csrf: str = ""
    file: Upload | None = None


@routes.get("/write/article/import", html=True, auth=USER, params=ImportArticleParams, tx="own")
async def show(call: Call[ImportArticleParams]) -> web.StreamResponse:
    """Ask for a file."""
    return _render_page(call, "")


def _render_page(call: Call[ImportArticleParams], problem: str) -> web.Response:
    return call.render("import_article.html", status=422 if problem else 200, problem=problem)


@routes.post(
    "/write/article/import",
    html=True,
    auth=USER,
    params=ImportArticleParams,
    tx="own",
    max_upload="upload_bytes",
)
async def save(call: Call[ImportArticleParams]) -> web.StreamResponse:
    """Store the article of a file as a draft, and open it."""
    try:
        article = _read(call)
        settings = members.decode_settings(call.member)
        params = ArticleFormParams(
            title=article.title,
            text=_add_date(call, article),
            summary=shorten(article.description, MAX_SUMMARY),
            tags=" ".join(name for tag in article.tags if is_hashtag(name := tag.replace(" ", ""))),
            language=settings.language or "",
        )
        async with call.services.db.write() as tx:
            draft = build_draft(params, is_draft=True)
            post_id = await posts.publish(tx, call.site, call.account, draft)
    except DomainError as error:
        return _render_page(call, error.message)
    return call.see_other(f"/write/article/{post_id}?saved=1")


def _read(call: Call[ImportArticleParams]) -> MarkdownFile:
    """Return the article in the file. Raises InvalidError."""
    file = call.params.file
    if file is None or not file.size:
        raise InvalidError("file", "can't be blank", message=gettext("Please choose a file."))
    most = call.site.config.limits.article_characters
    if file.size > most * MAX_BYTES_PER_CHARACTER:
        message = gettext("This file is longer than an article can be.")
        raise InvalidError("file", "is too long", "ERR_TOO_LARGE", message=message)
    try:
        article = read_markdown_file(file.data)
    except UnicodeDecodeError as error:
        message = gettext(
            "This file is not a text in UTF-8. Please save it in your editor with the encoding UTF-8."
        )
        raise InvalidError("file", "is no UTF-8", message=message) from error
    if not article.text.strip():
        raise InvalidError("file", "is empty", message=gettext("There is no text in this file."))
    stem = file.filename.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    title = article.title or stem or gettext("Without a title")
    return MarkdownFile(
        shorten(title, MAX_TITLE), article.text, article.description, article.tags, article.published_at
    )


def _add_date(call: Call[ImportArticleParams], article: MarkdownFile) -> str:
    """Return the text with its date as the first line: an article here has the date of its publication."""
    moment = article.published_at
    if moment is None or not 0 <= moment <= min(call.services.db.clock(), scheduled_posts.MAX_PUBLISH_AT):
        return article.text
    return f"*{format_date(moment)}*\n\n{article.text}"
