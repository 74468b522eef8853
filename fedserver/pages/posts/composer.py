"""Composer: write and edit notes, articles and drafts. After an error the form keeps what was written."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import members
from fedserver.domain.content import media
from fedserver.domain.kernel.errors import DomainError, NotFoundError
from fedserver.domain.posts import edits, polls, posts, replies
from fedserver.domain.timelines import interaction_policies, partner_posts, post_views, visibility
from fedserver.runtime import media_intake
from fedserver.web.endpoint import USER, Call, LongText, Routes
from fedserver.web.uploads import Upload

routes = Routes("pages")


class ComposerParams(Struct, frozen=True):
    csrf: str = ""
    text: LongText = ""
    title: str = ""
    summary: str = ""
    visibility: str = ""
    language: str = ""
    reply_to: int | None = None
    picture: Upload | None = None
    alt: str = ""
    decision: str = "publish"
    options: list[str] = []
    expires_in: int = 86_400
    multiple: bool = False
    hide_totals: bool = False
    replies: str = "public"


async def _store_picture(call: Call[ComposerParams]) -> media.NewFile | None:
    """Process and store the picture of the form, if there is one. Raises InvalidError."""
    picture = call.params.picture
    if picture is None or not picture.size:
        return None
    return await media_intake.store_image(call.services, picture, "picture")


async def _load_parent(call: Call[ComposerParams]) -> post_views.PostView | None:
    if call.params.reply_to is None:
        return None
    async with call.services.db.read() as tx:
        views = await post_views.load(tx, [call.params.reply_to], call.viewer_id)
    return views[0] if views else None


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


def _parse_poll(params: ComposerParams) -> polls.NewPoll | None:
    """Return the poll of the form, None if no option was filled in."""
    if not any(option.strip() for option in params.options):
        return None
    return polls.NewPoll(tuple(params.options), params.expires_in, params.multiple, params.hide_totals)


@routes.get("/write", html=True, auth=USER, params=ComposerParams, tx="own")
async def show_note(call: Call[ComposerParams]) -> web.StreamResponse:
    return await _render_page(call, "write.html", "", answered=await _load_parent(call))


@routes.post("/write", html=True, auth=USER, params=ComposerParams, tx="own", max_upload="upload_bytes")
async def publish_note(call: Call[ComposerParams]) -> web.StreamResponse:
    params = call.params
    if params.decision == "continue":  # from the short form at home: the whole form with what was written
        return await _render_page(call, "write.html", "", answered=await _load_parent(call))
    try:
        file = await _store_picture(call)
        await call.services.resolver.resolve_mentions(params.text)
        async with media_intake.discard_on_error(call.services, file), call.services.db.write() as tx:
            ids = (
                [(await media.create(tx, call.site, call.account, file, params.alt, (0.0, 0.0))).id]
                if file
                else []
            )
            draft = posts.Draft(
                text=params.text,
                summary=params.summary,
                visibility=params.visibility or members.decode_settings(call.member).visibility,
                language=params.language or None,
                in_reply_to_id=params.reply_to,
                media_ids=tuple(ids),
                poll=_parse_poll(params),
                policy=interaction_policies.encode_policy(params.replies),
            )
            post_id = await posts.publish(tx, call.site, call.account, draft)
    except DomainError as error:
        return await _render_page(call, "write.html", error.message, answered=await _load_parent(call))
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
    view = await _get_own(call)
    row = view.post
    if row.kind == "Article":
        return call.see_other(f"/write/article/{row.id}")
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
        "write.html",
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


@routes.post("/edit/{id}", html=True, auth=USER, params=ComposerParams, tx="own", max_upload="upload_bytes")
async def save_edit(call: Call[ComposerParams]) -> web.StreamResponse:
    view, params = await _get_own(call), call.params
    row = view.post
    if row.kind == "Article":
        raise NotFoundError
    try:
        file = await _store_picture(call)
        await call.services.resolver.resolve_mentions(params.text, row.source_type)
        async with media_intake.discard_on_error(call.services, file), call.services.db.write() as tx:
            change = edits.PostEdit(
                text=params.text,
                summary=params.summary,
                language=params.language or None,
                publish=row.state == "draft",
            )
            await replies.set_policy(tx, call.account, row.id, params.replies)
            post_id = await edits.edit(tx, call.site, call.account, row.id, change)
    except DomainError as error:
        return await _render_page(call, "write.html", error.message, post_id=row.id, state=row.state)
    if row.state == "draft" and params.decision == "draft":
        return call.see_other(f"/edit/{row.id}?saved=1")
    return call.see_other(f"/@{call.account.username}/{post_id}")
