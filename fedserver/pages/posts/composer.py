"""Writing: notes and articles, drafts and changes. Plain forms; nothing is lost when something is wrong."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import members
from fedserver.domain.content import media
from fedserver.domain.kernel.errors import DomainError, Invalid, NotFound
from fedserver.domain.posts import edits, polls, posts
from fedserver.domain.timelines import interaction_policies, partner_posts, post_views
from fedserver.web import media_intake
from fedserver.web.endpoint import USER, Call, Routes
from fedserver.web.html import see_other
from fedserver.web.uploads import Upload

routes = Routes("pages")


class WriteParams(Struct, frozen=True):
    csrf: str = ""
    text: str = ""
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


async def _upload(call: Call[WriteParams]) -> media.NewFile | None:
    """The picture of a form, cleaned and kept. Raises Invalid."""
    picture = call.params.picture
    if picture is None or not picture.size:
        return None
    return await media_intake.keep_picture(call.services, picture, "picture")


async def _answered(call: Call[WriteParams]) -> post_views.PostView | None:
    if call.params.reply_to is None:
        return None
    async with call.services.db.read() as tx:
        views = await post_views.load(tx, [call.params.reply_to], call.viewer_id)
    return views[0] if views else None


async def _page(call: Call[WriteParams], template: str, problem: str, **values: Any) -> web.Response:
    settings = members.settings(call.member)
    async with call.services.db.read() as tx:
        partners = await partner_posts.possible(tx)
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


def _said(error: DomainError) -> str:
    if isinstance(error, Invalid):
        return f"{error.field.replace('_', ' ').capitalize()} {error.why}."
    return error.text


def _poll(params: WriteParams) -> polls.NewPoll | None:
    """What a form asks, None where no choice was written."""
    if not any(each.strip() for each in params.options):
        return None
    return polls.NewPoll(tuple(params.options), params.expires_in, params.multiple, params.hide_totals)


@routes.get("/write", html=True, who=USER, params=WriteParams, tx="own")
async def show_note(call: Call[WriteParams]) -> web.StreamResponse:
    return await _page(call, "write.html", "", answered=await _answered(call))


@routes.post("/write", html=True, who=USER, params=WriteParams, tx="own", most_upload="upload_bytes")
async def write_note(call: Call[WriteParams]) -> web.StreamResponse:
    params = call.params
    try:
        file = await _upload(call)
        await call.services.resolver.mentions(params.text)
        async with media_intake.kept(call.services, file), call.services.db.write() as tx:
            ids = (
                [(await media.add(tx, call.site, call.account, file, params.alt, (0.0, 0.0))).id]
                if file
                else []
            )
            draft = posts.Draft(
                text=params.text,
                summary=params.summary,
                visibility=params.visibility or members.settings(call.member).visibility,
                language=params.language or None,
                in_reply_to_id=params.reply_to,
                media_ids=tuple(ids),
                poll=_poll(params),
                policy=interaction_policies.of_word(params.replies),
            )
            post_id = await posts.publish(tx, call.site, call.account, draft)
    except DomainError as error:
        return await _page(call, "write.html", _said(error), answered=await _answered(call))
    return see_other(f"/@{call.account.username}/{post_id}")


@routes.get("/write/article", html=True, who=USER, params=WriteParams, tx="own")
async def show_article(call: Call[WriteParams]) -> web.StreamResponse:
    return await _page(call, "write_article.html", "")


@routes.post("/write/article", html=True, who=USER, params=WriteParams, tx="own", most_upload="upload_bytes")
async def write_article(call: Call[WriteParams]) -> web.StreamResponse:
    params = call.params
    try:
        file = await _upload(call)
        await call.services.resolver.mentions(params.text)
        async with media_intake.kept(call.services, file), call.services.db.write() as tx:
            cover = (
                (await media.add(tx, call.site, call.account, file, params.alt, (0.0, 0.0))).id
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
                policy=interaction_policies.of_word(params.replies),
                state="draft" if params.decision == "draft" else "published",
            )
            post_id = await posts.publish(tx, call.site, call.account, draft)
    except DomainError as error:
        return await _page(call, "write_article.html", _said(error))
    if params.decision == "draft":
        return see_other(f"/edit/{post_id}?saved=1")
    return see_other(f"/@{call.account.username}/{post_id}")


async def _own(call: Call[WriteParams]) -> post_views.PostView:
    """A post of the caller's. Raises NotFound."""
    async with call.services.db.read() as tx:
        row = await posts.own(tx, call.account, call.id())
        views = await post_views.load(tx, [row.id], call.viewer_id)
    if not views:
        raise NotFound
    return views[0]


@routes.get("/edit/{id}", html=True, who=USER, params=WriteParams, tx="own")
async def show_edit(call: Call[WriteParams]) -> web.StreamResponse:
    view = await _own(call)
    row = view.post
    filled = WriteParams(
        text=row.source,
        title=row.title,
        summary=row.summary,
        visibility=row.visibility,
        language=row.language or "",
        replies=interaction_policies.who_may_reply(row),
    )
    template = "write_article.html" if row.kind == "Article" else "write.html"
    async with call.services.db.read() as tx:
        partners = await partner_posts.possible(tx)
    return call.render(
        template,
        problem="",
        params=filled,
        settings=members.settings(call.member),
        post_id=row.id,
        answered=None,
        state=row.state,
        has_cover=view.cover is not None,
        partners=partners,
        saved="saved" in call.request.query,
    )


@routes.post("/edit/{id}", html=True, who=USER, params=WriteParams, tx="own", most_upload="upload_bytes")
async def edit(call: Call[WriteParams]) -> web.StreamResponse:
    view, params = await _own(call), call.params
    row = view.post
    article = row.kind == "Article"
    try:
        file = await _upload(call)
        await call.services.resolver.mentions(params.text)
        async with media_intake.kept(call.services, file), call.services.db.write() as tx:
            change = edits.Change(text=params.text, summary=params.summary, language=params.language or None)
            if article:
                change = await _article_change(call, tx, view, file)
            await edits.set_replies(tx, call.account, row.id, params.replies)
            post_id = await edits.change(tx, call.site, call.account, row.id, change)
    except DomainError as error:
        template = "write_article.html" if article else "write.html"
        return await _page(call, template, _said(error), post_id=row.id, state=row.state)
    if row.state == "draft" and params.decision == "draft":
        return see_other(f"/edit/{row.id}?saved=1")
    return see_other(f"/@{call.account.username}/{post_id}")


async def _article_change(
    call: Call[WriteParams], tx: Any, view: post_views.PostView, file: media.NewFile | None
) -> edits.Change:
    params = call.params
    cover = view.post.cover_id
    if file is not None:
        cover = (await media.add(tx, call.site, call.account, file, params.alt, (0.0, 0.0))).id
    draft = view.post.state == "draft"
    change = edits.Change(
        text=params.text,
        title=params.title,
        summary=params.summary,
        language=params.language or None,
        cover_id=cover,
        publish=draft and params.decision == "publish",
    )
    if draft and params.visibility:
        return edits.Change(
            **{name: getattr(change, name) for name in change.__struct_fields__ if name != "visibility"},
            visibility=params.visibility,
        )
    return change
