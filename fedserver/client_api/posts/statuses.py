"""Statuses (docs.joinmastodon.org/methods/statuses): write, read, change, and what one does to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.client_api.entities.accounts import render_account
from fedserver.client_api.entities.scheduled_statuses import ScheduledStatus, render_scheduled_status
from fedserver.client_api.entities.statuses import (
    Status,
    StatusEdit,
    StatusSource,
    render_history,
    render_source,
    render_status,
)
from fedserver.client_api.entity_cache import encode_statuses
from fedserver.client_api.posts.async_refreshes import render_refresh_header
from fedserver.client_api.posts.interaction_policies import InteractionPolicyParams, parse_policy
from fedserver.client_api.posts.scheduled_statuses import parse_moment
from fedserver.domain.accounts import account_views
from fedserver.domain.auth import members
from fedserver.domain.content import media
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.posts import (
    boosts,
    edits,
    likes,
    pins,
    polls,
    post_removal,
    posts,
    refreshes,
    scheduled_posts,
    thread_mutes,
)
from fedserver.domain.timelines import bookmarks, post_views, timelines
from fedserver.domain.timelines.post_views import PostView
from fedserver.web.endpoint import USER, Call, JsonResponse, NoParams, Routes
from fedserver.web.paging import EntityPage, to_page
from storage.engine import Tx

routes = Routes("client_api")
VISIBILITY = {"private": "followers", "public": "public", "unlisted": "unlisted", "direct": "direct"}
CONTENT_TYPES = ("text/plain", "text/markdown")


class MediaAttributesParams(Struct, frozen=True):
    id: int
    description: str | None = None
    focus: str | None = None


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


class EditStatusParams(Struct, frozen=True):
    status: str | UnsetType = UNSET
    spoiler_text: str | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    media_ids: list[int] | UnsetType = UNSET
    media_attributes: list[MediaAttributesParams] = []
    content_type: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    cover_id: int | UnsetType | None = UNSET
    poll: PollParams | None = None
    quoted_status_id: int | UnsetType = UNSET
    quote_approval_policy: str | UnsetType = UNSET


class Context(Struct, frozen=True):
    ancestors: list[Status]
    descendants: list[Status]


async def _load_view(call: Call[Any], tx: Tx, post_id: int) -> PostView:
    views = await post_views.load(tx, [post_id], call.viewer_id, context="thread")
    if not views:
        raise NotFoundError
    return views[0]


async def _load_status(call: Call[Any], tx: Tx, post_id: int) -> Status:
    view = await _load_view(call, tx, post_id)
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
        poll=_to_new_poll(params.poll),
        idempotency_key=key[:200] or None,
        quoted_id=params.quoted_status_id,
        quote_policy=params.quote_approval_policy or settings.quote_policy,
        policy=parse_policy(params.interaction_policy),
    )


def _local_visibility(params: NewStatusParams) -> str:
    """Return a visibility that Mastodon has no name for, '' otherwise."""
    return "local" if params.local_only else "partners" if params.partners_only else ""


def _to_new_poll(params: PollParams | None) -> polls.NewPoll | None:
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
        return await _load_status(call, tx, post_id)


class StatusIdsParams(Struct, frozen=True):
    id: list[int] = []


@routes.get("/api/v1/statuses", scope="read:statuses", params=StatusIdsParams)
async def list_by_ids(call: Call[StatusIdsParams]) -> list[Status]:
    views = await post_views.load(call.tx, call.params.id[:40], call.viewer_id, context="thread")
    return encode_statuses(call, views)


@routes.get("/api/v1/statuses/{id}", scope="read:statuses")
async def show(call: Call[NoParams]) -> Status:
    return await _load_status(call, call.tx, call.id())


@routes.get("/api/v1/statuses/{id}/context", scope="read:statuses", tx="own")
async def show_context(call: Call[NoParams]) -> JsonResponse:
    async with call.services.db.read() as tx:
        post = await posts.get(tx, call.id(), call.viewer_id)
        above, below = await timelines.load_thread(tx, post.id, call.viewer_id)
        views = await post_views.load(tx, [*above, *below], call.viewer_id, context="thread")
        running, due = await refreshes.find_by_post(tx, post, call.viewer_id)
    if due and call.viewer_id is not None:
        async with call.services.db.write() as tx:
            running = await refreshes.start(tx, post, call.viewer_id)
    ancestors = frozenset(above)
    found = Context(
        encode_statuses(call, (view for view in views if view.post.id in ancestors)),
        encode_statuses(call, (view for view in views if view.post.id not in ancestors)),
    )
    return JsonResponse(
        found, headers={} if running is None else render_refresh_header(running.id, running.found)
    )


@routes.put("/api/v1/statuses/{id}", auth=USER, scope="write:statuses", params=EditStatusParams, tx="own")
async def update(call: Call[EditStatusParams]) -> Status:
    params = call.params
    if isinstance(params.status, str):
        await call.services.resolver.resolve_mentions(params.status)
    change = edits.PostEdit(
        text=params.status,
        summary=params.spoiler_text,
        sensitive=params.sensitive,
        language=params.language,
        media_ids=UNSET if isinstance(params.media_ids, UnsetType) else tuple(params.media_ids),
        content_type=params.content_type,
        title=params.title,
        cover_id=params.cover_id,
        poll=_to_new_poll(params.poll) or UNSET,
        quoted_id=params.quoted_status_id,
        quote_policy=params.quote_approval_policy,
    )
    async with call.services.db.write() as tx:
        described = await _describe_media(call, tx, params.media_attributes)
        change = structs.replace(change, has_new_descriptions=described)
        await edits.edit(tx, call.site, call.account, call.id(), change)
        return await _load_status(call, tx, call.id())


async def _describe_media(
    call: Call[EditStatusParams], tx: Tx, given: Sequence[MediaAttributesParams]
) -> bool:
    """Set descriptions of files; return True if one has changed."""
    changed = False
    for each in given[:16]:
        former = await media.get(tx, call.account, each.id)
        focus = media.parse_focus(each.focus)
        changed |= former != await media.describe(tx, call.account, each.id, each.description, focus)
    return changed


@routes.get("/api/v1/statuses/{id}/history", scope="read:statuses")
async def show_history(call: Call[NoParams]) -> list[StatusEdit]:
    views = await post_views.load(call.tx, [call.id()], call.viewer_id)
    if not views:
        raise NotFoundError
    versions = await edits.list_by_post(call.tx, call.id())
    return render_history(call.site.links, views[0], versions, views[0].account)


@routes.get("/api/v1/statuses/{id}/source", auth=USER, scope="read:statuses")
async def show_source(call: Call[NoParams]) -> StatusSource:
    return render_source(await posts.get_own(call.tx, call.account, call.id()))


@routes.delete("/api/v1/statuses/{id}", auth=USER, scope="write:statuses", limit="deletions")
async def delete(call: Call[NoParams]) -> Status:
    view = await post_removal.delete(call.tx, call.account, call.id())
    return render_status(call.site.links, view, with_source=True)


@routes.post("/api/v1/statuses/{id}/favourite", auth=USER, scope="write:favourites")
async def favourite(call: Call[NoParams]) -> Status:
    view = await _load_view(call, call.tx, call.id())
    return render_status(call.site.links, await likes.like_view(call.tx, call.site, call.account, view))


@routes.post("/api/v1/statuses/{id}/unfavourite", auth=USER, scope="write:favourites")
async def unfavourite(call: Call[NoParams]) -> Status:
    post = await likes.unlike(call.tx, call.account, call.id())
    return await _load_status(call, call.tx, post.id)


class ReblogParams(Struct, frozen=True):
    visibility: str = "public"


@routes.post("/api/v1/statuses/{id}/reblog", auth=USER, scope="write:statuses", params=ReblogParams)
async def reblog(call: Call[ReblogParams]) -> Status:
    visibility = VISIBILITY.get(call.params.visibility, "public")
    boost_id = await boosts.boost(call.tx, call.site, call.account, call.id(), visibility)
    return await _load_status(call, call.tx, boost_id)


@routes.post("/api/v1/statuses/{id}/unreblog", auth=USER, scope="write:statuses")
async def unreblog(call: Call[NoParams]) -> Status:
    post = await boosts.unboost(call.tx, call.account, call.id())
    return await _load_status(call, call.tx, post.id)


@routes.post("/api/v1/statuses/{id}/bookmark", auth=USER, scope="write:bookmarks")
async def bookmark(call: Call[NoParams]) -> Status:
    await bookmarks.add(call.tx, call.account, call.id())
    return await _load_status(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/unbookmark", auth=USER, scope="write:bookmarks")
async def unbookmark(call: Call[NoParams]) -> Status:
    await bookmarks.remove(call.tx, call.account, call.id())
    return await _load_status(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/pin", auth=USER, scope="write:accounts")
async def pin(call: Call[NoParams]) -> Status:
    await pins.pin(call.tx, call.account, call.id())
    return await _load_status(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/unpin", auth=USER, scope="write:accounts")
async def unpin(call: Call[NoParams]) -> Status:
    await pins.unpin(call.tx, call.account, call.id())
    return await _load_status(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/mute", auth=USER, scope="write:mutes")
async def mute(call: Call[NoParams]) -> Status:
    await thread_mutes.mute(call.tx, call.account, call.id())
    return await _load_status(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/unmute", auth=USER, scope="write:mutes")
async def unmute(call: Call[NoParams]) -> Status:
    await thread_mutes.unmute(call.tx, call.account, call.id())
    return await _load_status(call, call.tx, call.id())


async def _render_accounts(call: Call[NoParams], pairs: list[tuple[int, int]]) -> EntityPage:
    views = await account_views.load_page(call.tx, [each for _, each in pairs])
    return to_page([render_account(call.site.links, view) for view in views], [cursor for cursor, _ in pairs])


@routes.get("/api/v1/statuses/{id}/favourited_by", scope="read:accounts")
async def list_favourited_by(call: Call[NoParams]) -> EntityPage:
    post = await posts.get(call.tx, call.id(), call.viewer_id)
    return await _render_accounts(call, await timelines.list_likers(call.tx, post.id, call.page(40, 80)))


@routes.get("/api/v1/statuses/{id}/reblogged_by", scope="read:accounts")
async def list_reblogged_by(call: Call[NoParams]) -> EntityPage:
    post = await posts.get(call.tx, call.id(), call.viewer_id)
    return await _render_accounts(call, await timelines.list_boosters(call.tx, post.id, call.page(40, 80)))
