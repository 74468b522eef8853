"""Composer: write and edit notes, articles and drafts. After an error the form keeps what was written."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import UNSET, UnsetType, structs

from fedserver.domain.auth import members
from fedserver.domain.content import autosaves, media
from fedserver.domain.kernel.errors import DomainError, InvalidError, NotFoundError
from fedserver.domain.posts import edits, polls, posts, replies, scheduled_posts
from fedserver.domain.timelines import (
    interaction_policies,
    partner_posts,
    post_views,
    quote_policies,
    visibility,
)
from fedserver.pages.posts import attachments
from fedserver.pages.posts.autosaves import restore, store
from fedserver.pages.posts.note_form import (
    KEEP_END,
    ComposerParams,
    Form,
    Problem,
    build_draft,
    combine_shared,
    find_problem,
    is_being_published,
    load_attachments,
    parse_moment,
    parse_poll,
    render_page,
    to_fields,
    with_attachments,
)
from fedserver.runtime import media_intake
from fedserver.text.locales import format_number, gettext
from fedserver.web.endpoint import USER, Call, Routes

routes = Routes("pages")


@routes.get("/write", html=True, auth=USER, params=ComposerParams, tx="own")
async def show_note(call: Call[ComposerParams]) -> web.StreamResponse:
    """Show the form for a new post, with what was saved of it and what another app shares."""
    asked = call.params
    slot = f"reply:{asked.reply_to}" if asked.reply_to is not None else "note"
    async with call.services.db.read() as tx:
        restored = await restore(call, tx, slot, ComposerParams)
    params = restored.params if restored else _with_defaults(call)
    shared = combine_shared(asked)
    if shared and shared not in params.text:
        params = structs.replace(params, text="\n\n".join(filter(None, (params.text, shared))))
    params = structs.replace(
        params,
        reply_to=asked.reply_to,
        quote=asked.quote or params.quote,
        key="",
        saved_at=restored.saved_at if restored else 0,
    )
    form = Form(slot, restored_at=params.saved_at, is_unsaved=bool(shared))
    return await render_page(call, form, params)


def _with_defaults(call: Call[ComposerParams]) -> ComposerParams:
    """Return an empty form, as the member prefers it."""
    settings = members.decode_settings(call.member)
    return ComposerParams(
        sensitive=settings.sensitive, language=settings.language or "", quotes=settings.quote_policy
    )


@routes.post("/write", html=True, auth=USER, params=ComposerParams, tx="own", max_upload="video_bytes")
async def publish_note(call: Call[ComposerParams]) -> web.StreamResponse:
    """Publish or schedule a post, save it, or show the form again with its files as a button says."""
    slot = f"reply:{call.params.reply_to}" if call.params.reply_to is not None else "note"
    form = Form(slot, is_unsaved=True)
    shown = await _answer_button(call, form)
    if shown is not None:
        return shown
    call, problem = await _take_files(call)
    try:
        if problem is None:
            return await _publish(call, form)
    except DomainError as error:
        problem = find_problem(error)
    return await render_page(call, form, call.params, problem)


async def _answer_button(call: Call[ComposerParams], form: Form) -> web.StreamResponse | None:
    """Return the answer to a button that does not send the post, None for one that does."""
    if call.params.decision in ("publish", "draft"):
        return None
    taken, problem = await _take_files(call)
    params = taken.params
    if params.decision == "save" and problem is None:
        try:
            async with call.services.db.write() as tx:
                await store(tx, call.account, form.slot, to_fields(params), params.saved_at)
            return call.redirect_with_notice("/drafts", "/drafts", "draft_saved")
        except DomainError as error:
            # What is stored is newer than this form: who saves it once more has read that.
            params = structs.replace(params, saved_at=2**53 - 1)
            problem = find_problem(error)
    if params.decision == "unquote":
        params = structs.replace(params, quote=None)
    order = attachments.arrange(params.media_ids, params.decision)
    async with call.services.db.read() as tx:
        known = {
            attachment.row.id: attachment for attachment in await load_attachments(tx, call.account, params)
        }
    files = [known[media_id] for media_id in order if media_id in known]
    return await render_page(call, form, with_attachments(params, files), problem)


async def _take_files(call: Call[ComposerParams]) -> tuple[Call[ComposerParams], Problem | None]:
    """Store the files that came with the form; return the call with them, and the problem with one."""
    params, problem = call.params, None
    uploads = [upload for upload in params.files if upload.size]
    most = call.site.config.limits.media_per_post
    for upload in uploads:
        if len(params.media_ids) >= most:
            problem = Problem("files", gettext("A post can have %(count)s files.", count=format_number(most)))
            break
        try:
            row = await attachments.store(call, upload)
        except DomainError as error:
            problem = find_problem(error)
            continue
        count = len(params.media_ids)
        params = structs.replace(
            params,
            media_ids=[*params.media_ids, row.id],
            # What is written about files stands at the places of their ids.
            descriptions=[*params.descriptions[:count], *[""] * (count - len(params.descriptions)), ""],
            focus_x=[*params.focus_x[:count], *[""] * (count - len(params.focus_x)), "0"],
            focus_y=[*params.focus_y[:count], *[""] * (count - len(params.focus_y)), "0"],
        )
    params = structs.replace(params, files=[])
    return Call(call.request, call.services, call.principal, params, call.transaction), problem


async def _publish(call: Call[ComposerParams], form: Form) -> web.StreamResponse:
    """Publish or schedule the post of the form. Raises what that raises."""
    params = call.params
    async with call.services.db.read() as tx:
        files = await load_attachments(tx, call.account, params)
    if not params.undescribed and any(map(attachments.is_undescribed, files)):
        return await render_page(call, structs.replace(form, asks_for_descriptions=True), params)
    moment = parse_moment(params.publish_at, params.zone) if params.publish_at else None
    draft = build_draft(call, files)
    await call.services.resolver.resolve_mentions(params.text)

    async def write() -> int:
        async with call.services.db.write() as tx:
            await attachments.describe(tx, call, files)
            if moment is not None:
                post_id = (await scheduled_posts.schedule(tx, call.site, call.account, draft, moment)).row.id
            else:
                post_id = await posts.publish(tx, call.site, call.account, draft)
            await autosaves.discard_sent(tx, call.account, form.slot, params.saved_at, params.key)
            return post_id

    try:
        post_id = await write()
    except DomainError as error:
        if not is_being_published(error, params):
            raise
        post_id = await write()
    if moment is not None:
        return call.redirect_with_notice("/drafts", "/drafts", "scheduled")
    return call.see_other(f"/@{call.account.username}/{post_id}")


async def _store_picture(call: Call[ComposerParams]) -> media.NewFile | None:
    """Process and store the picture of the form, if there is one. Raises InvalidError."""
    picture = call.params.picture
    if picture is None or not picture.size:
        return None
    return await media_intake.store_image(call.services, picture, "picture")


async def _render_page(
    call: Call[ComposerParams], template: str, problem: str, **values: Any
) -> web.Response:
    settings = members.decode_settings(call.member)
    async with call.services.db.read() as tx:
        partners = await partner_posts.has_recipients(tx)
    shared = {"post_id": None, "answered": None, "state": "", "has_cover": False}
    return call.render(
        template,
        status=422 if problem else 200,
        problem=problem,
        params=call.params,
        settings=settings,
        partners=partners,
        **{**shared, **values},
    )


@routes.get("/write/article", html=True, auth=USER, params=ComposerParams, tx="own")
async def show_article(call: Call[ComposerParams]) -> web.StreamResponse:
    return await _render_page(call, "write_article.html", "")


@routes.post(
    "/write/article", html=True, auth=USER, params=ComposerParams, tx="own", max_upload="upload_bytes"
)
async def save_article(call: Call[ComposerParams]) -> web.StreamResponse:
    params = call.params
    try:
        file = await _store_picture(call)
        await call.services.resolver.resolve_mentions(params.text, "text/markdown")
        async with media_intake.discard_on_error(call.services, file), call.services.db.write() as tx:
            cover = (
                (await media.create(tx, call.site, call.account, file, params.alt, (0.0, 0.0))).id
                if file
                else None
            )
            draft = posts.Draft(
                text=params.text,
                content_type="text/markdown",
                kind="Article",
                title=params.title,
                summary=params.summary,
                visibility=params.visibility or "public",
                language=params.language or None,
                cover_id=cover,
                policy=interaction_policies.encode_policy(params.replies),
                state="draft" if params.decision == "draft" else "published",
            )
            post_id = await posts.publish(tx, call.site, call.account, draft)
    except DomainError as error:
        return await _render_page(call, "write_article.html", error.message)
    if params.decision == "draft":
        return call.see_other(f"/edit/{post_id}?saved=1")
    return call.see_other(f"/@{call.account.username}/{post_id}")


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
        return await _show_article_edit(call, view)
    async with call.services.db.read() as tx:
        saved = await restore(
            call, tx, f"edit:{row.id}", ComposerParams, since=row.edited_at or row.published_at
        )
    if saved is None:
        return await render_page(call, _describe_form(view), _read_post(view))
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


def _read_post(view: post_views.PostView) -> ComposerParams:
    """Return the form of a note as it is."""
    row, poll = view.post, view.poll
    summary = posts.find_own_summary(row)
    params = ComposerParams(
        text=row.source,
        summary=summary,
        sensitive=row.sensitive and not summary,
        visibility=row.visibility,
        language=row.language or "",
        replies=interaction_policies.get_reply_audience(row),
        quotes=quote_policies.decode_audience(row.interaction_policy),
        options=[option.title for option in poll.options] if poll else [],
        expires_in=KEEP_END if poll else 86_400,
        multiple=bool(poll and poll.poll.multiple),
        hide_totals=bool(poll and poll.poll.hide_totals),
    )
    return with_attachments(params, [attachments.to_attachment(file) for file in view.media])


@routes.post("/edit/{id}", html=True, auth=USER, params=ComposerParams, tx="own", max_upload="video_bytes")
async def save_edit(call: Call[ComposerParams]) -> web.StreamResponse:
    """Change a post, publish a draft, or show the form again with its files as a button says."""
    view = await _get_own(call)
    if view.post.kind == "Article":
        return await _save_article_edit(call, view)
    form = structs.replace(_describe_form(view), is_unsaved=True)
    shown = await _answer_button(call, form)
    if shown is not None:
        return shown
    call, problem = await _take_files(call)
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
            poll=_find_new_poll(call, view, tx.now, has_files=bool(files)),
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


def _find_new_poll(
    call: Call[ComposerParams], view: post_views.PostView, now: int, *, has_files: bool
) -> polls.NewPoll | UnsetType:
    """Return the poll of the form, UNSET if it stays as it is. Raises InvalidError."""
    wanted, former = parse_poll(call.params), view.poll
    if wanted is None:
        if former is not None and not has_files:
            message = gettext("A poll cannot be removed. Please fill in at least two choices.")
            raise InvalidError("choices", "can't be blank", "ERR_BLANK", message=message)
        return UNSET
    if former is None or wanted.expires_in != KEEP_END:
        return wanted
    titles = tuple(option.title for option in former.options)
    poll = former.poll
    options = tuple(option.strip() for option in wanted.options if option.strip())
    if (options, wanted.multiple, wanted.hide_totals) == (titles, poll.multiple, poll.hide_totals):
        return UNSET
    seconds_left = ((poll.expires_at or now) - now) // 1000
    return structs.replace(wanted, expires_in=max(seconds_left, call.site.config.limits.min_poll_seconds))


async def _show_article_edit(call: Call[ComposerParams], view: post_views.PostView) -> web.StreamResponse:
    row = view.post
    params = ComposerParams(
        text=row.source,
        title=row.title,
        summary=posts.find_own_summary(row),
        visibility=row.visibility,
        language=row.language or "",
        replies=interaction_policies.get_reply_audience(row),
    )
    async with call.services.db.read() as tx:
        partners = await partner_posts.has_recipients(tx)
    return call.render(
        "write_article.html",
        problem="",
        params=params,
        settings=members.decode_settings(call.member),
        post_id=row.id,
        answered=None,
        state=row.state,
        has_cover=view.cover is not None,
        partners=partners,
        saved="saved" in call.request.query,
    )


async def _save_article_edit(call: Call[ComposerParams], view: post_views.PostView) -> web.StreamResponse:
    params, row = call.params, view.post
    try:
        file = await _store_picture(call)
        await call.services.resolver.resolve_mentions(params.text, row.source_type)
        async with media_intake.discard_on_error(call.services, file), call.services.db.write() as tx:
            change = await _build_article_change(call, tx, view, file)
            await replies.set_policy(tx, call.account, row.id, params.replies)
            post_id = await edits.edit(tx, call.site, call.account, row.id, change)
    except DomainError as error:
        return await _render_page(call, "write_article.html", error.message, post_id=row.id, state=row.state)
    if row.state == "draft" and params.decision == "draft":
        return call.see_other(f"/edit/{row.id}?saved=1")
    return call.see_other(f"/@{call.account.username}/{post_id}")


async def _build_article_change(
    call: Call[ComposerParams], tx: Any, view: post_views.PostView, file: media.NewFile | None
) -> edits.PostEdit:
    params = call.params
    cover = view.post.cover_id
    if file is not None:
        cover = (await media.create(tx, call.site, call.account, file, params.alt, (0.0, 0.0))).id
    draft = view.post.state == "draft"
    change = edits.PostEdit(
        text=params.text,
        title=params.title,
        summary=params.summary,
        language=params.language or None,
        cover_id=cover,
        publish=draft and params.decision == "publish",
    )
    if draft and params.visibility:
        return edits.PostEdit(
            **{name: getattr(change, name) for name in change.__struct_fields__ if name != "visibility"},
            visibility=params.visibility,
        )
    return change
