"""Write and edit articles. Whatever goes wrong, the form comes back with everything that was written."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import structs

from fedserver.domain.content import autosaves, media
from fedserver.domain.kernel.errors import DomainError, InvalidError, NotFoundError
from fedserver.domain.posts import articles
from fedserver.domain.posts.authorship import coauthors
from fedserver.domain.timelines import visibility
from fedserver.pages.posts.articles import article_files, article_page, article_saving
from fedserver.pages.posts.articles.article_forms import (
    MARKDOWN,
    ArticleFormParams,
    fill_form,
)
from fedserver.pages.posts.autosaves import restore
from fedserver.text.articles.figures import write_picture
from fedserver.web.endpoint import USER, Call, Routes
from storage.engine import ReadTx
from storage.rows.posts import PostRow

routes = Routes("pages")
PATH = "/write/article"
# What a button does that leads back to the form.
STAYING = frozenset({"preview", "add_file", "add_cover", "remove_cover"})


@routes.get(PATH, html=True, auth=USER, params=ArticleFormParams, tx="own")
async def show_new(call: Call[ArticleFormParams]) -> web.StreamResponse:
    """Show an empty form or that of a scheduled article, or what was written in it before."""
    if call.params.scheduled is not None:
        return await _show_scheduled(call, call.params.scheduled)
    async with call.services.db.read() as tx:
        saved = await restore(call, tx, "article", ArticleFormParams)
    return await article_page.render_form(
        call, saved.params if saved else article_page.fill_new(call), saved_at=saved.saved_at if saved else 0
    )


async def _show_scheduled(call: Call[ArticleFormParams], scheduled_id: int) -> web.StreamResponse:
    """Show the form of an article that is published later. Raises NotFoundError."""
    async with call.services.db.read() as tx:
        params, publish_at = await article_saving.load_scheduled(call, tx, scheduled_id)
        saved = await restore(call, tx, f"scheduled:{scheduled_id}", ArticleFormParams)
    if saved is not None:
        params = structs.replace(saved.params, scheduled=scheduled_id)
        return await article_page.render_form(call, params, saved_at=saved.saved_at)
    return await article_page.render_form(call, params, publish_moment=publish_at)


@routes.get(PATH + "/{id}", html=True, auth=USER, params=ArticleFormParams, tx="own")
async def show_edit(call: Call[ArticleFormParams]) -> web.StreamResponse:
    """Show the form of an article, with changes that were saved and not published."""
    async with call.services.db.read() as tx:
        row = await _find_own(call, tx)
        if row is None or row.id != call.id():
            return await _redirect(call, tx, row)
        cover = await media.get(tx, call.account, row.cover_id) if row.cover_id else None
        named = [coauthor.account.account.username for coauthor in await coauthors.list_all(tx, row.id)]
        params = fill_form(row, cover.description if cover else "", named)
        saved = await restore(
            call, tx, f"article:{row.id}", ArticleFormParams, row.edited_at or row.published_at
        )
    return await article_page.render_form(
        call, saved.params if saved else params, row, saved_at=saved.saved_at if saved else 0
    )


async def _find_own(call: Call[Any], tx: ReadTx) -> PostRow | None:
    """Return an article of the caller, also by the id that it had as a draft; None for none."""
    try:
        row: PostRow | None = await visibility.get_own(tx, call.account, call.id())
    except NotFoundError:
        row = await articles.find_by_former_address(tx, call.site, call.account, call.text("id"))
    return row if row is not None and row.account_id == call.account.id else None


async def _redirect(call: Call[Any], tx: ReadTx, row: PostRow | None) -> web.Response:
    """Return the way to the article that a draft became. Raises NotFoundError without one."""
    if row is None:
        raise NotFoundError
    return call.see_other(f"{PATH}/{row.id}")


@routes.post(PATH, html=True, auth=USER, params=ArticleFormParams, tx="own", max_upload="video_bytes")
async def save_new(call: Call[ArticleFormParams]) -> web.StreamResponse:
    """Publish or schedule an article, or store it as a draft."""
    return await _submit(call, None)


@routes.post(
    PATH + "/{id}", html=True, auth=USER, params=ArticleFormParams, tx="own", max_upload="video_bytes"
)
async def save_edit(call: Call[ArticleFormParams]) -> web.StreamResponse:
    """Save an article; a draft may be published or scheduled."""
    async with call.services.db.read() as tx:
        row = await _find_own(call, tx)
        if row is None or row.id != call.id():
            return await _redirect(call, tx, row)  # sent twice: it is published already
    return await _submit(call, row)


async def _submit(call: Call[ArticleFormParams], row: PostRow | None) -> web.StreamResponse:
    params = call.params
    try:
        params = await _take_cover(call, params)
        params = await _take_file(call, params)
        if params.decision in STAYING:
            return await article_page.render_form(
                call, params, row, saved_at=params.saved_at, has_preview=params.decision == "preview"
            )
        await call.services.resolver.resolve_mentions(params.text, MARKDOWN)
        async with call.services.db.write() as tx:
            saved = await article_saving.save(call, tx, row, params)
            await autosaves.discard(tx, call.account, article_page.find_slot(row, params))
    except DomainError as error:
        return await article_page.render_form(
            call, params, row, saved_at=params.saved_at, problems=article_page.explain(error)
        )
    if not saved.notice:
        return call.see_other(saved.page)
    return call.redirect_with_notice(saved.page, saved.page, saved.notice)


async def _take_cover(call: Call[ArticleFormParams], params: ArticleFormParams) -> ArticleFormParams:
    """Store the cover of the form; return its fields with the id of the cover. Raises InvalidError."""
    if params.decision == "remove_cover":
        return structs.replace(params, cover_id=None, cover=None, alt="")
    if params.cover is not None and params.cover.size:
        row = await article_files.store_file(call, params.cover, params.alt, "cover", only_picture=True)
        return structs.replace(params, cover_id=row.id, cover=None, media_ids=[*params.media_ids, row.id])
    return params


async def _take_file(call: Call[ArticleFormParams], params: ArticleFormParams) -> ArticleFormParams:
    """Store the file for the text; return the fields with the text that shows it. Raises InvalidError."""
    if params.file is not None and params.file.size:
        row = await article_files.store_file(call, params.file, params.file_alt, "file")
        figure = write_picture(article_files.find_address(row), params.file_alt, params.file_caption)
        return structs.replace(
            params,
            text=f"{params.text.rstrip()}\n\n{figure}\n".lstrip("\n"),
            media_ids=[*params.media_ids, row.id],
            file=None,
            file_alt="",
            file_caption="",
        )
    if params.decision == "add_file":
        raise InvalidError("file", "can't be blank", message=str(article_page.CHOOSE_FILE))
    return params
