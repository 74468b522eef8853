"""Composer: write posts. After an error the form keeps what was written."""

from __future__ import annotations

from aiohttp import web
from msgspec import structs

from fedserver.domain.auth import members
from fedserver.domain.content import autosaves
from fedserver.domain.kernel.errors import DomainError
from fedserver.domain.posts import posts, scheduled_posts
from fedserver.pages.posts import attachments
from fedserver.pages.posts.autosaves import restore, store
from fedserver.pages.posts.note_drafts import (
    build_draft,
    combine_shared,
    is_being_published,
    parse_moment,
    read_draft,
)
from fedserver.pages.posts.note_form import (
    ComposerParams,
    Form,
    Problem,
    find_problem,
    load_attachments,
    render_page,
    to_fields,
    with_attachments,
)
from fedserver.text.locales import format_number, gettext
from fedserver.web.endpoint import USER, Call, Routes

routes = Routes("pages")


@routes.get("/write", html=True, auth=USER, params=ComposerParams, tx="own")
async def show_note(call: Call[ComposerParams]) -> web.StreamResponse:
    """Show the form for a new post, with what was saved of it and what another app shares."""
    asked = call.params
    if asked.scheduled is not None:
        return await _show_scheduled(call, asked.scheduled)
    slot = _find_slot(asked)
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


async def _show_scheduled(call: Call[ComposerParams], scheduled_id: int) -> web.StreamResponse:
    """Show the form of a post that is published later, or what was saved of it. Raises NotFoundError."""
    slot = f"scheduled:{scheduled_id}"
    async with call.services.db.read() as tx:
        scheduled = await scheduled_posts.get(tx, call.account, scheduled_id)
        saved = await restore(call, tx, slot, ComposerParams)
    if saved is None:
        moment = scheduled.row.publish_at
        files = [attachments.to_attachment(file) for file in scheduled.media]
        params = structs.replace(read_draft(scheduled.draft, moment), scheduled=scheduled_id)
        return await render_page(call, Form(slot, publish_moment=moment), with_attachments(params, files))
    params = structs.replace(saved.params, scheduled=scheduled_id, key="", saved_at=saved.saved_at)
    return await render_page(call, Form(slot, restored_at=saved.saved_at), params)


def _find_slot(params: ComposerParams) -> str:
    if params.scheduled is not None:
        return f"scheduled:{params.scheduled}"
    return f"reply:{params.reply_to}" if params.reply_to is not None else "note"


def _with_defaults(call: Call[ComposerParams]) -> ComposerParams:
    """Return an empty form, as the member prefers it."""
    settings = members.decode_settings(call.member)
    return ComposerParams(
        sensitive=settings.sensitive, language=settings.language or "", quotes=settings.quote_policy
    )


@routes.post("/write", html=True, auth=USER, params=ComposerParams, tx="own", max_upload="video_bytes")
async def publish_note(call: Call[ComposerParams]) -> web.StreamResponse:
    """Publish or schedule a post, save it, or show the form again with its files as a button says."""
    form = Form(_find_slot(call.params), is_unsaved=True)
    shown = await answer_button(call, form)
    if shown is not None:
        return shown
    call, problem = await take_files(call)
    try:
        if problem is None:
            return await _publish(call, form)
    except DomainError as error:
        problem = find_problem(error)
    return await render_page(call, form, call.params, problem)


async def answer_button(call: Call[ComposerParams], form: Form) -> web.StreamResponse | None:
    """Return the answer to a button that does not send the post, None for one that does."""
    if call.params.decision in ("publish", "draft"):
        return None
    taken, problem = await take_files(call)
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
    if params.decision == "continue":  # the short form has no fields for what the member prefers
        chosen = _with_defaults(call)
        params = structs.replace(
            params, sensitive=chosen.sensitive, language=chosen.language, quotes=chosen.quotes
        )
    if params.decision == "unquote":
        params = structs.replace(params, quote=None)
    order = attachments.arrange(params.media_ids, params.decision)
    async with call.services.db.read() as tx:
        known = {
            attachment.row.id: attachment for attachment in await load_attachments(tx, call.account, params)
        }
    files = [known[media_id] for media_id in order if media_id in known]
    return await render_page(call, form, with_attachments(params, files), problem)


async def take_files(call: Call[ComposerParams]) -> tuple[Call[ComposerParams], Problem | None]:
    """Store the files that came with the form; return the call with them, and the problem with one."""
    params, problem = call.params, None
    uploads = [upload for upload in params.files if upload.size]
    most = call.site.config.limits.media_per_post
    for upload in uploads:
        if len(params.media_ids) >= most:
            problem = Problem("files", gettext("A post can have %(count)s files.", count=format_number(most)))
            break
        try:
            row = await attachments.store_from_form(call, upload)
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
            if params.scheduled is not None:
                await scheduled_posts.take_place(tx, call.account, params.scheduled)
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
