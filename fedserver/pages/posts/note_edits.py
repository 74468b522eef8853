"""Change posts: the form of a new one, filled in with what the post is."""

from __future__ import annotations

from aiohttp import web
from msgspec import UNSET, structs

from fedserver.domain.content import autosaves
from fedserver.domain.kernel.errors import DomainError, NotFoundError
from fedserver.domain.posts import edits, replies
from fedserver.domain.timelines import post_views, visibility
from fedserver.pages.posts import attachments
from fedserver.pages.posts.autosaves import restore
from fedserver.pages.posts.composer import answer_button, take_files
from fedserver.pages.posts.note_drafts import find_new_poll, read_post
from fedserver.pages.posts.note_form import (
    ComposerParams,
    Form,
    find_problem,
    load_attachments,
    render_page,
)
from fedserver.web.endpoint import USER, Call, Routes

routes = Routes("pages")


async def _get_own(call: Call[ComposerParams]) -> post_views.PostView:
    """Return a post of the caller. Raises NotFoundError."""
    async with call.services.db.read() as tx:
        row = await visibility.get_own(tx, call.account, call.id())
        views = await post_views.load(tx, [row.id], call.viewer_id)
    if not views:
        raise NotFoundError
    return views[0]


@routes.get("/edit/{id}", html=True, auth=USER, params=ComposerParams, tx="own")
async def show_edit(call: Call[ComposerParams]) -> web.StreamResponse:
    """Show the form of a post, with what was saved of a change since."""
    view = await _get_own(call)
    row = view.post
    if row.kind == "Article":
        return call.see_other(f"/write/article/{row.id}")
    async with call.services.db.read() as tx:
        saved = await restore(
            call, tx, f"edit:{row.id}", ComposerParams, since=row.edited_at or row.published_at
        )
    if saved is None:
        return await render_page(call, _describe_form(view), read_post(view))
    form = structs.replace(_describe_form(view), restored_at=saved.saved_at)
    return await render_page(call, form, structs.replace(saved.params, key="", saved_at=saved.saved_at))


def _describe_form(view: post_views.PostView) -> Form:
    row = view.post
    return Form(
        f"edit:{row.id}",
        post_id=row.id,
        is_draft=row.state == "draft",
        has_poll=view.poll is not None,
    )


@routes.post("/edit/{id}", html=True, auth=USER, params=ComposerParams, tx="own", max_upload="video_bytes")
async def save_edit(call: Call[ComposerParams]) -> web.StreamResponse:
    """Change a post, publish a draft, or show the form again with its files as a button says."""
    view = await _get_own(call)
    if view.post.kind == "Article":
        raise NotFoundError
    form = structs.replace(_describe_form(view), is_unsaved=True)
    shown = await answer_button(call, form)
    if shown is not None:
        return shown
    call, problem = await take_files(call)
    try:
        if problem is None:
            return await _change(call, view, form)
    except DomainError as error:
        problem = find_problem(error)
    return await render_page(call, form, call.params, problem)


async def _change(call: Call[ComposerParams], view: post_views.PostView, form: Form) -> web.StreamResponse:
    """Change a note as the form says. Raises what that raises."""
    params, row = call.params, view.post
    is_draft = params.decision == "draft"
    async with call.services.db.read() as tx:
        files = await load_attachments(tx, call.account, params)
    former = {file.id for file in view.media if not file.description}
    new = [file for file in files if file.row.id not in former or form.is_draft]
    if not (params.undescribed or is_draft) and any(map(attachments.is_undescribed, new)):
        return await render_page(call, structs.replace(form, asks_for_descriptions=True), params)
    await call.services.resolver.resolve_mentions(params.text, row.source_type)
    async with call.services.db.write() as tx:
        change = edits.PostEdit(
            text=params.text,
            summary=params.summary,
            sensitive=params.sensitive,
            language=params.language or None,
            media_ids=tuple(file.row.id for file in files),
            poll=find_new_poll(call, view.poll, tx.now, has_files=bool(files)),
            visibility=params.visibility if form.is_draft and params.visibility else UNSET,
            quote_policy=params.quotes or UNSET,
            publish=form.is_draft and not is_draft,
            has_new_descriptions=await attachments.describe(tx, call, files),
        )
        await replies.set_policy(tx, call.account, row.id, params.replies)
        post_id = await edits.edit(tx, call.site, call.account, row.id, change)
        await autosaves.discard_sent(tx, call.account, form.slot, params.saved_at, params.key)
    if form.is_draft and is_draft:
        return call.redirect_with_notice("/drafts", "/drafts", "draft_saved")
    return call.see_other(f"/@{call.account.username}/{post_id}")
