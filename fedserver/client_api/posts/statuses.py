"""Statuses (docs.joinmastodon.org/methods/statuses): write, read, change, and what one does to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.client_api.encoded import statuses
from fedserver.client_api.entities.accounts import account
from fedserver.client_api.entities.scheduled_statuses import ScheduledStatus, scheduled_status
from fedserver.client_api.entities.statuses import Status, StatusEdit, StatusSource, history, source, status
from fedserver.client_api.posts.async_refreshes import refresh_header
from fedserver.client_api.posts.interaction_policies import InteractionParams, policy_of
from fedserver.client_api.posts.scheduled_statuses import moment_of
from fedserver.domain.accounts import account_views
from fedserver.domain.auth import members
from fedserver.domain.content import media
from fedserver.domain.kernel.errors import Invalid, NotFound
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
)
from fedserver.domain.timelines import bookmarks, post_views, timelines
from fedserver.web.endpoint import USER, Answer, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed
from storage.engine import Tx

routes = Routes("client_api")
VISIBILITY = {"private": "followers", "public": "public", "unlisted": "unlisted", "direct": "direct"}
TYPES = ("text/plain", "text/markdown")


class MediaParams(Struct, frozen=True):
    id: int
    description: str | None = None
    focus: str | None = None


class PollParams(Struct, frozen=True):
    options: list[str] = []
    expires_in: int = 0
    multiple: bool = False
    hide_totals: bool = False


class NewStatus(Struct, frozen=True):
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
    interaction_policy: InteractionParams | None = None


class EditedStatus(Struct, frozen=True):
    status: str | UnsetType = UNSET
    spoiler_text: str | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    media_ids: list[int] | UnsetType = UNSET
    media_attributes: list[MediaParams] = []
    content_type: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    cover_id: int | UnsetType | None = UNSET
    poll: PollParams | None = None
    quoted_status_id: int | UnsetType = UNSET
    quote_approval_policy: str | UnsetType = UNSET


class Context(Struct, frozen=True):
    ancestors: list[Status]
    descendants: list[Status]


async def _one(call: Call[Any], tx: Tx, post_id: int) -> Status:
    views = await post_views.load(tx, [post_id], call.viewer_id, context="thread")
    if not views:
        raise NotFound
    # A writer may yet roll back: what it sees is not remembered.
    return status(call.site.links, views[0]) if tx.writes else statuses(call, views)[0]


def _draft(call: Call[NewStatus]) -> posts.Draft:
    params, settings = call.params, members.settings(call.member)
    visibility = VISIBILITY.get(params.visibility, params.visibility) or settings.visibility
    kind = params.content_type or ("text/markdown" if params.title else "text/plain")
    if kind not in TYPES:
        raise Invalid("content_type", f"must be one of {', '.join(TYPES)}")
    key = call.request.headers.get("Idempotency-Key", "")
    return posts.Draft(
        text=params.status,
        content_type=kind,
        kind="Article" if params.title else "Note",
        title=params.title,
        summary=params.spoiler_text,
        sensitive=settings.sensitive if params.sensitive is None else params.sensitive,
        visibility=_own_word(params) or visibility,
        language=params.language or settings.language,
        in_reply_to_id=params.in_reply_to_id,
        media_ids=tuple(dict.fromkeys(params.media_ids)),
        cover_id=params.cover_id,
        state="draft" if params.draft else "published",
        app_id=call.caller.app_id if call.caller else None,
        poll=_poll(params.poll),
        idempotency_key=key[:200] or None,
        quoted_id=params.quoted_status_id,
        quote_policy=params.quote_approval_policy or settings.quote_policy,
        policy=policy_of(params.interaction_policy),
    )


def _own_word(params: NewStatus) -> str:
    """A visibility that Mastodon has no word for."""
    return "local" if params.local_only else "partners" if params.partners_only else ""


def _poll(params: PollParams | None) -> polls.NewPoll | None:
    """What is asked; nothing where a client sends an empty form."""
    if params is None or params == PollParams():
        return None
    return polls.NewPoll(tuple(params.options), params.expires_in, params.multiple, params.hide_totals)


@routes.post("/api/v1/statuses", who=USER, scope="write:statuses", params=NewStatus, tx="own")
async def create(call: Call[NewStatus]) -> Status | ScheduledStatus:
    draft, later = _draft(call), call.params.scheduled_at
    moment = moment_of(later) if later else 0
    await call.services.resolver.mentions(draft.text)
    async with call.services.db.write() as tx:
        if moment:
            waiting = await scheduled_posts.schedule(tx, call.site, call.account, draft, moment)
            return scheduled_status(call.site.links, waiting)
        post_id = await posts.publish(tx, call.site, call.account, draft)
        return await _one(call, tx, post_id)


class IdsParams(Struct, frozen=True):
    id: list[int] = []


@routes.get("/api/v1/statuses", scope="read:statuses", params=IdsParams)
async def show_some(call: Call[IdsParams]) -> list[Status]:
    views = await post_views.load(call.tx, call.params.id[:40], call.viewer_id, context="thread")
    return statuses(call, views)


@routes.get("/api/v1/statuses/{id}", scope="read:statuses")
async def show(call: Call[Nothing]) -> Status:
    return await _one(call, call.tx, call.id())


@routes.get("/api/v1/statuses/{id}/context", scope="read:statuses", tx="own")
async def context(call: Call[Nothing]) -> Answer:
    async with call.services.db.read() as tx:
        post = await posts.get(tx, call.id(), call.viewer_id)
        above, below = await timelines.thread(tx, post.id, call.viewer_id)
        views = await post_views.load(tx, [*above, *below], call.viewer_id, context="thread")
        running, due = await refreshes.of_post(tx, post, call.viewer_id)
    if due and call.viewer_id is not None:
        async with call.services.db.write() as tx:
            running = await refreshes.begin(tx, post, call.viewer_id)
    ancestors = frozenset(above)
    found = Context(
        statuses(call, (view for view in views if view.post.id in ancestors)),
        statuses(call, (view for view in views if view.post.id not in ancestors)),
    )
    return Answer(found, headers={} if running is None else refresh_header(running.id, running.found))


@routes.put("/api/v1/statuses/{id}", who=USER, scope="write:statuses", params=EditedStatus, tx="own")
async def edit(call: Call[EditedStatus]) -> Status:
    params = call.params
    if isinstance(params.status, str):
        await call.services.resolver.mentions(params.status)
    change = edits.Change(
        text=params.status,
        summary=params.spoiler_text,
        sensitive=params.sensitive,
        language=params.language,
        media_ids=UNSET if isinstance(params.media_ids, UnsetType) else tuple(params.media_ids),
        content_type=params.content_type,
        title=params.title,
        cover_id=params.cover_id,
        poll=_poll(params.poll) or UNSET,
        quoted_id=params.quoted_status_id,
        quote_policy=params.quote_approval_policy,
    )
    async with call.services.db.write() as tx:
        described = await _describe(call, tx, params.media_attributes)
        change = structs.replace(change, described=described)
        await edits.change(tx, call.site, call.account, call.id(), change)
        return await _one(call, tx, call.id())


async def _describe(call: Call[EditedStatus], tx: Tx, given: Sequence[MediaParams]) -> bool:
    """Describe files anew; True if one was described otherwise before."""
    changed = False
    for each in given[:16]:
        former = await media.get(tx, call.account, each.id)
        focus = media.parse_focus(each.focus)
        changed |= former != await media.describe(tx, call.account, each.id, each.description, focus)
    return changed


@routes.get("/api/v1/statuses/{id}/history", scope="read:statuses")
async def show_history(call: Call[Nothing]) -> list[StatusEdit]:
    views = await post_views.load(call.tx, [call.id()], call.viewer_id)
    if not views:
        raise NotFound
    versions = await edits.of(call.tx, call.id())
    return history(call.site.links, views[0], versions, views[0].account)


@routes.get("/api/v1/statuses/{id}/source", who=USER, scope="read:statuses")
async def show_source(call: Call[Nothing]) -> StatusSource:
    return source(await posts.own(call.tx, call.account, call.id()))


@routes.delete("/api/v1/statuses/{id}", who=USER, scope="write:statuses", limit="deletions")
async def delete(call: Call[Nothing]) -> Status:
    view = await post_removal.delete(call.tx, call.account, call.id())
    return status(call.site.links, view, with_source=True)


@routes.post("/api/v1/statuses/{id}/favourite", who=USER, scope="write:favourites")
async def favourite(call: Call[Nothing]) -> Status:
    post = await likes.like(call.tx, call.site, call.account, call.id())
    return await _one(call, call.tx, post.id)


@routes.post("/api/v1/statuses/{id}/unfavourite", who=USER, scope="write:favourites")
async def unfavourite(call: Call[Nothing]) -> Status:
    post = await likes.unlike(call.tx, call.account, call.id())
    return await _one(call, call.tx, post.id)


class ReblogParams(Struct, frozen=True):
    visibility: str = "public"


@routes.post("/api/v1/statuses/{id}/reblog", who=USER, scope="write:statuses", params=ReblogParams)
async def reblog(call: Call[ReblogParams]) -> Status:
    visibility = VISIBILITY.get(call.params.visibility, "public")
    boost_id = await boosts.boost(call.tx, call.site, call.account, call.id(), visibility)
    return await _one(call, call.tx, boost_id)


@routes.post("/api/v1/statuses/{id}/unreblog", who=USER, scope="write:statuses")
async def unreblog(call: Call[Nothing]) -> Status:
    post = await boosts.unboost(call.tx, call.account, call.id())
    return await _one(call, call.tx, post.id)


@routes.post("/api/v1/statuses/{id}/bookmark", who=USER, scope="write:bookmarks")
async def bookmark(call: Call[Nothing]) -> Status:
    await bookmarks.add(call.tx, call.account, call.id())
    return await _one(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/unbookmark", who=USER, scope="write:bookmarks")
async def unbookmark(call: Call[Nothing]) -> Status:
    await bookmarks.remove(call.tx, call.account, call.id())
    return await _one(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/pin", who=USER, scope="write:accounts")
async def pin(call: Call[Nothing]) -> Status:
    await pins.add(call.tx, call.account, call.id())
    return await _one(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/unpin", who=USER, scope="write:accounts")
async def unpin(call: Call[Nothing]) -> Status:
    await pins.remove(call.tx, call.account, call.id())
    return await _one(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/mute", who=USER, scope="write:mutes")
async def mute(call: Call[Nothing]) -> Status:
    await posts.mute_thread(call.tx, call.account, call.id(), muted=True)
    return await _one(call, call.tx, call.id())


@routes.post("/api/v1/statuses/{id}/unmute", who=USER, scope="write:mutes")
async def unmute(call: Call[Nothing]) -> Status:
    await posts.mute_thread(call.tx, call.account, call.id(), muted=False)
    return await _one(call, call.tx, call.id())


async def _people(call: Call[Nothing], pairs: list[tuple[int, int]]) -> Listed:
    views = await account_views.load_page(call.tx, [each for _, each in pairs])
    return listed([account(call.site.links, view) for view in views], [cursor for cursor, _ in pairs])


@routes.get("/api/v1/statuses/{id}/favourited_by", scope="read:accounts")
async def favourited_by(call: Call[Nothing]) -> Listed:
    post = await posts.get(call.tx, call.id(), call.viewer_id)
    return await _people(call, await timelines.likers(call.tx, post.id, call.page(40, 80)))


@routes.get("/api/v1/statuses/{id}/reblogged_by", scope="read:accounts")
async def reblogged_by(call: Call[Nothing]) -> Listed:
    post = await posts.get(call.tx, call.id(), call.viewer_id)
    return await _people(call, await timelines.boosters(call.tx, post.id, call.page(40, 80)))
