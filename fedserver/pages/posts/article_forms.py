"""The forms of articles and their drafts."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from fedserver.domain.auth import members
from fedserver.domain.content import media
from fedserver.domain.kernel.errors import DomainError
from fedserver.domain.posts import edits, posts, replies
from fedserver.domain.timelines import interaction_policies, partner_posts, post_views
from fedserver.pages.posts.note_form import ComposerParams
from fedserver.runtime import media_intake
from fedserver.web.endpoint import USER, Call, Routes

routes = Routes("pages")


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


async def show_article_edit(call: Call[ComposerParams], view: post_views.PostView) -> web.StreamResponse:
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


async def save_article_edit(call: Call[ComposerParams], view: post_views.PostView) -> web.StreamResponse:
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
