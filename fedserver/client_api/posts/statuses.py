"""Statuses (docs.joinmastodon.org/methods/statuses): write, read, delete."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.scheduled_statuses import ScheduledStatus, render_scheduled_status
from fedserver.client_api.entities.statuses import (
    Status,
    StatusSource,
    render_source,
    render_status,
)
from fedserver.client_api.entity_cache import encode_statuses
from fedserver.client_api.posts.interaction_policies import InteractionPolicyParams, parse_policy
from fedserver.client_api.posts.scheduled_statuses import parse_moment
from fedserver.domain.auth import members
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.posts import (
    polls,
    post_removal,
    posts,
    scheduled_posts,
)
from fedserver.domain.timelines import post_views
from fedserver.domain.timelines.post_views import PostView
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from storage.engine import Tx

routes = Routes("client_api")
VISIBILITY = {"private": "followers", "public": "public", "unlisted": "unlisted", "direct": "direct"}
CONTENT_TYPES = ("text/plain", "text/markdown")


class PollParams(Struct, frozen=True):
    options: list[str] = []
    expires_in: int = 0
    multiple: bool = False
    hide_totals: bool = False


class NewStatusParams(Struct, frozen=True):
    status: str = ""
    media_ids: list[int] = []
    in_reply_to_id: int | None = None
    sensitive: bool | None = None
    spoiler_text: str = ""
    visibility: str = ""
    language: str | None = None
    local_only: bool = False
    partners_only: bool = False
    content_type: str = ""
    title: str = ""
    cover_id: int | None = None
    draft: bool = False
    scheduled_at: str = ""
    poll: PollParams | None = None
    quoted_status_id: int | None = None
    quote_approval_policy: str = ""
    interaction_policy: InteractionPolicyParams | None = None


async def load_view(call: Call[Any], tx: Tx, post_id: int) -> PostView:
    """Return a status as the viewer sees it in a thread. Raises NotFoundError."""
    views = await post_views.load(tx, [post_id], call.viewer_id, context="thread")
    if not views:
        raise NotFoundError
    return views[0]


async def load_status(call: Call[Any], tx: Tx, post_id: int) -> Status:
    """Return a status as an answer. Raises NotFoundError."""
    view = await load_view(call, tx, post_id)
    # A writer may yet roll back: what it sees is not remembered.
    return render_status(call.site.links, view) if tx.is_write else encode_statuses(call, [view])[0]


def _to_draft(call: Call[NewStatusParams]) -> posts.Draft:
    params, settings = call.params, members.decode_settings(call.member)
    visibility = VISIBILITY.get(params.visibility, params.visibility) or settings.visibility
    kind = params.content_type or ("text/markdown" if params.title else "text/plain")
    if kind not in CONTENT_TYPES:
        raise InvalidError("content_type", f"must be one of {', '.join(CONTENT_TYPES)}")
    key = call.request.headers.get("Idempotency-Key", "")
    return posts.Draft(
        text=params.status,
        content_type=kind,
        kind="Article" if params.title else "Note",
        title=params.title,
        summary=params.spoiler_text,
        sensitive=settings.sensitive if params.sensitive is None else params.sensitive,
        visibility=_local_visibility(params) or visibility,
        language=params.language or settings.language,
        in_reply_to_id=params.in_reply_to_id,
        media_ids=tuple(dict.fromkeys(params.media_ids)),
        cover_id=params.cover_id,
        state="draft" if params.draft else "published",
        app_id=call.principal.app_id if call.principal else None,
        poll=to_new_poll(params.poll),
        idempotency_key=key[:200] or None,
        quoted_id=params.quoted_status_id,
        quote_policy=params.quote_approval_policy or settings.quote_policy,
        policy=parse_policy(params.interaction_policy),
    )


def _local_visibility(params: NewStatusParams) -> str:
    """Return a visibility that Mastodon has no name for, '' otherwise."""
    return "local" if params.local_only else "partners" if params.partners_only else ""


def to_new_poll(params: PollParams | None) -> polls.NewPoll | None:
    """Return the poll of a new status; None where a client sends an empty form."""
    if params is None or params == PollParams():
        return None
    return polls.NewPoll(tuple(params.options), params.expires_in, params.multiple, params.hide_totals)


@routes.post("/api/v1/statuses", auth=USER, scope="write:statuses", params=NewStatusParams, tx="own")
async def create(call: Call[NewStatusParams]) -> Status | ScheduledStatus:
    draft, later = _to_draft(call), call.params.scheduled_at
    moment = parse_moment(later) if later else 0
    await call.services.resolver.resolve_mentions(draft.text)
    async with call.services.db.write() as tx:
        if moment:
            waiting = await scheduled_posts.schedule(tx, call.site, call.account, draft, moment)
            return render_scheduled_status(call.site.links, waiting)
        post_id = await posts.publish(tx, call.site, call.account, draft)
        return await load_status(call, tx, post_id)


class StatusIdsParams(Struct, frozen=True):
    id: list[int] = []


@routes.get("/api/v1/statuses", scope="read:statuses", params=StatusIdsParams)
async def list_by_ids(call: Call[StatusIdsParams]) -> list[Status]:
    views = await post_views.load(call.tx, call.params.id[:40], call.viewer_id, context="thread")
    return encode_statuses(call, views)


@routes.get("/api/v1/statuses/{id}", scope="read:statuses")
async def show(call: Call[NoParams]) -> Status:
    return await load_status(call, call.tx, call.id())


@routes.get("/api/v1/statuses/{id}/source", auth=USER, scope="read:statuses")
async def show_source(call: Call[NoParams]) -> StatusSource:
    return render_source(await posts.get_own(call.tx, call.account, call.id()))


@routes.delete("/api/v1/statuses/{id}", auth=USER, scope="write:statuses", limit="deletions")
async def delete(call: Call[NoParams]) -> Status:
    view = await post_removal.delete(call.tx, call.account, call.id())
    return render_status(call.site.links, view, with_source=True)
