"""Everything that a member has written and not published: drafts, and forms that are saved."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.content import autosaves
from fedserver.domain.kernel.errors import DomainError, NotFoundError
from fedserver.domain.posts import articles, post_removal, scheduled_posts
from fedserver.domain.timelines import post_views, visibility
from fedserver.pages.posts.autosaves import form_path
from fedserver.pages.posts.note_drafts import parse_moment
from fedserver.pages.posts.note_form import Problem, find_problem
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes
from storage.rows.posts import PostRow

routes = Routes("pages")
MAX_DRAFTS = 40


class DraftEntry(Struct, frozen=True):
    """A line of the list: the post behind it, if there is one, and what was saved of its form."""

    kind: str  # note, reply, article; edit and scheduled for changes of a post that is published or will be
    path: str
    title: str
    text: str
    saved_at: int
    slot: str  # '' if nothing of its form is saved
    post: PostRow | None  # of a draft that is a post


class RescheduleParams(Struct, frozen=True):
    """Another time for a post that is scheduled: local time, as a browser writes it."""

    csrf: str = ""
    publish_at: str = ""
    zone: str = ""


@routes.get("/drafts", html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    """List what is scheduled, and drafts of all kinds, the one that was changed last first."""
    return await _render(call)


async def _render(
    call: Call[Any], problem: Problem | None = None, scheduled_id: int | None = None
) -> web.StreamResponse:
    """Return the list; `problem` is with the time of the post `scheduled_id`."""
    ids = await articles.list_drafts(call.tx, call.account.id, call.page(MAX_DRAFTS, MAX_DRAFTS))
    views = {view.post.id: view for view in await post_views.load(call.tx, ids, call.viewer_id)}
    entries = []
    for saved in await autosaves.list_by_author(call.tx, call.account):
        post_id = int(saved.slot.partition(":")[2] or 0)
        entries.append(_to_entry(saved, views.pop(post_id, None)))
    entries += [
        DraftEntry(
            kind="article" if view.post.kind == "Article" else "note",
            path=f"/edit/{view.post.id}",
            title=view.post.title,
            text=view.post.source,
            saved_at=view.post.edited_at or view.post.published_at,
            slot="",
            post=view.post,
        )
        for view in views.values()
    ]
    later = await scheduled_posts.list_by_author(call.tx, call.account, call.page(MAX_DRAFTS, MAX_DRAFTS))
    return call.render(
        "drafts.html",
        status=422 if problem else 200,
        entries=sorted(entries, key=lambda entry: -entry.saved_at),
        scheduled=sorted(later, key=lambda entry: entry.row.publish_at),
        problem=problem,
        wrong_id=scheduled_id,
        given=call.params,
    )


def _to_entry(saved: autosaves.Autosave, draft: post_views.PostView | None) -> DraftEntry:
    kind = saved.slot.partition(":")[0]
    if draft is not None:
        kind = "article" if draft.post.kind == "Article" else "note"
    elif kind == "article" and saved.slot != "article":
        kind = "edit"
    return DraftEntry(
        kind=kind,
        path=form_path(saved.slot),
        title=str(saved.fields.get("title") or ""),
        text=str(saved.fields.get("text") or ""),
        saved_at=saved.saved_at,
        slot=saved.slot,
        post=draft.post if draft is not None else None,
    )


@routes.post(
    "/drafts/{id}/delete",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Delete this draft permanently? You cannot undo this."),
)
async def delete(call: Call[FormParams]) -> web.StreamResponse:
    """Delete a draft that is a post, and what was saved of its form."""
    row = await visibility.get_own(call.tx, call.account, call.id())
    if row.state != "draft":
        raise NotFoundError
    await post_removal.delete(call.tx, call.account, row.id, deletes_files=True)
    for kind in ("edit", "article"):
        await autosaves.discard(call.tx, call.account, f"{kind}:{row.id}")
    return call.redirect_with_notice(call.params.next, "/drafts", "draft_deleted")


@routes.get("/drafts/scheduled/{id}/edit", html=True, auth=USER)
async def edit(call: Call[NoParams]) -> web.StreamResponse:
    """Lead to the form of a post that is published later. Raises NotFoundError."""
    scheduled = await scheduled_posts.get(call.tx, call.account, call.id())
    form = "/write/article" if scheduled.draft.kind == "Article" else "/write"
    return call.see_other(f"{form}?scheduled={scheduled.row.id}")


@routes.post("/drafts/scheduled/{id}", html=True, auth=USER, params=RescheduleParams)
async def reschedule(call: Call[RescheduleParams]) -> web.StreamResponse:
    """Change when a post is published; after an error the list says so at the time."""
    params = call.params
    try:
        moment = parse_moment(params.publish_at, params.zone)
        await scheduled_posts.reschedule(call.tx, call.account, call.id(), moment)
    except NotFoundError:
        raise
    except DomainError as error:
        return await _render(call, find_problem(error), call.id())
    return call.redirect_with_notice("/drafts", "/drafts", "rescheduled")


@routes.post(
    "/drafts/scheduled/{id}/delete",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Delete this post, which is not published yet?"),
)
async def cancel(call: Call[FormParams]) -> web.StreamResponse:
    """Delete a post that is scheduled."""
    await scheduled_posts.cancel(call.tx, call.account, call.id())
    return call.redirect_with_notice("/drafts", "/drafts", "draft_deleted")
