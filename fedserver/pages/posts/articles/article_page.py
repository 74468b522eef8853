"""The page of the editor of articles."""

from __future__ import annotations

from aiohttp import web
from msgspec import structs

from fedserver.domain.auth import members
from fedserver.domain.content import media
from fedserver.domain.content.post_texts import LICENSES
from fedserver.domain.kernel import secrets
from fedserver.domain.kernel.errors import DomainError, InvalidError, NotFoundError
from fedserver.domain.posts.authorship import coauthors
from fedserver.domain.timelines import partner_posts
from fedserver.pages.posts.articles import article_preview, article_templates
from fedserver.pages.posts.articles.article_forms import ArticleFormParams
from fedserver.text.languages import list_language_names
from fedserver.text.locales import gettext, lazy_gettext
from fedserver.web.endpoint import Call
from storage.rows.posts import PostRow

# The fields of the form, by the names that errors of the domain have for them.
FIELDS = {
    "title": "title",
    "text": "text",
    "summary": "summary",
    "tags": "tags",
    "coauthors": "coauthors",
    "cover": "cover",
    "alt": "alt",
    "description": "alt",
    "file": "file",
    "media": "text",
    "media_ids": "text",
    "license": "license",
    "language": "language",
    "visibility": "visibility",
    "replies": "replies",
    "publish_at": "publish_at",
    "scheduled_at": "publish_at",
}
CHOOSE_FILE = lazy_gettext("Please choose a file.")


def fill_new(call: Call[ArticleFormParams]) -> ArticleFormParams:
    """Return the form of a new article: empty, or with the outline that the address names."""
    settings = members.decode_settings(call.member)
    outline = article_templates.find_outline(call.request.query.get("template", ""))
    return ArticleFormParams(
        text=outline.text if outline else "",
        language=settings.language or "",
        key=secrets.new_secret(),
    )


def explain(error: DomainError) -> dict[str, str]:
    """Return what is wrong, by the field of the form; '' is for the form as a whole."""
    if not isinstance(error, InvalidError):
        return {"": error.message}
    message = error.message
    if error.field == "scheduled_at":
        message = gettext("Please choose a time that is at least five minutes from now.")
    problems = {FIELDS.get(error.field, ""): message}
    for other in error.other_errors:
        problems.setdefault(FIELDS.get(other.field, ""), other.message)
    return problems


def find_slot(row: PostRow | None, params: ArticleFormParams) -> str:
    """Return the slot in which the form of an article is saved."""
    if params.scheduled is not None:
        return f"scheduled:{params.scheduled}"
    return f"article:{row.id}" if row else "article"


async def render_form(
    call: Call[ArticleFormParams],
    params: ArticleFormParams,
    row: PostRow | None = None,
    *,
    saved_at: int = 0,
    publish_moment: int = 0,
    problems: dict[str, str] | None = None,
    has_preview: bool = False,
) -> web.Response:
    """Return the form, filled in; `row` is the article that is edited.

    `publish_moment` (ms UTC) is when a scheduled one is published, for browsers that know their time zone.
    """
    problems = dict(problems or {})
    preview = None
    waiting: list[str] = []
    async with call.services.db.read() as tx:
        partners = await partner_posts.has_recipients(tx)
        cover = None
        if params.cover_id is not None:
            try:
                cover = await media.get(tx, call.account, params.cover_id)
            except NotFoundError:  # it lay there for days, and was removed
                params = structs.replace(params, cover_id=None)
        if row is not None:
            named = await coauthors.list_all(tx, row.id)
            waiting = [f"@{coauthor.account.handle}" for coauthor in named if not coauthor.is_accepted]
        if has_preview:
            try:
                preview = await article_preview.render_body(call, tx, params)
            except InvalidError as error:
                problems.update(explain(error))
    outline = article_templates.find_outline(call.request.query.get("template", ""))
    return call.render(
        "write_article.html",
        status=422 if problems else 200,
        problems=problems,
        params=params if params.key else structs.replace(params, key=secrets.new_secret()),
        post=row,
        slot=find_slot(row, params),
        publish_moment=publish_moment,
        saved_at=saved_at,
        cover=cover,
        partners=partners,
        waiting=waiting,
        preview=preview,
        problem="",
        is_saved="saved" in call.request.query and not problems,
        title_hint=outline.hint if outline else "",
        outlines=article_templates.list_outlines(),
        languages_of_posts=list_language_names(),
        licenses=LICENSES,
    )
