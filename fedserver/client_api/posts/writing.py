"""Writing and editing statuses (docs.joinmastodon.org/methods/statuses#create, #edit)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.client_api.entities.scheduled_statuses import ScheduledStatus, render_scheduled_status
from fedserver.client_api.entities.statuses import Status
from fedserver.client_api.posts.interaction_policies import InteractionPolicyParams, parse_policy
from fedserver.client_api.posts.scheduled_statuses import parse_moment
from fedserver.client_api.posts.statuses import VISIBILITY, load_status
from fedserver.domain.auth import members
from fedserver.domain.content import media
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.posts import edits, polls, posts, scheduled_posts
from fedserver.web.endpoint import USER, Call, LongText, Routes
from storage.engine import Tx

routes = Routes("client_api")
CONTENT_TYPES = ("text/plain", "text/markdown")
MAX_MEDIA_ATTRIBUTES = 16  # more than a post can have files, so that one request costs no more


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
    status: LongText = ""
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
    summary: str = ""
    cover_id: int | None = None
    draft: bool = False
    scheduled_at: str = ""
    poll: PollParams | None = None
    quoted_status_id: int | None = None
    quote_approval_policy: str = ""
    interaction_policy: InteractionPolicyParams | None = None


class EditStatusParams(Struct, frozen=True):
    status: LongText | UnsetType = UNSET
    spoiler_text: str | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    media_ids: list[int] | UnsetType = UNSET
    media_attributes: list[MediaAttributesParams] = []
    content_type: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    draft: bool | UnsetType = UNSET
    visibility: str = ""
    local_only: bool = False
    partners_only: bool = False
    cover_id: int | UnsetType | None = UNSET
    poll: PollParams | None = None
    quoted_status_id: int | UnsetType = UNSET
    quote_approval_policy: str | UnsetType = UNSET


@routes.post("/api/v1/statuses", auth=USER, scope="write:statuses", params=NewStatusParams, tx="own")
async def create(call: Call[NewStatusParams]) -> Status | ScheduledStatus:
    draft, scheduled_at = _to_draft(call), call.params.scheduled_at
    moment = parse_moment(scheduled_at) if scheduled_at else 0
    await call.services.resolver.resolve_mentions(draft.text, draft.content_type)
    async with call.services.db.write() as tx:
        if moment:
            scheduled = await scheduled_posts.schedule(tx, call.site, call.account, draft, moment)
            return render_scheduled_status(call.site.links, scheduled)
        post_id = await posts.publish(tx, call.site, call.account, draft)
        return await load_status(call, tx, post_id)


def _to_draft(call: Call[NewStatusParams]) -> posts.Draft:
    """Return the draft that the request and the member's settings describe. Raises InvalidError."""
    params, settings = call.params, members.decode_settings(call.member)
    visibility = VISIBILITY.get(params.visibility, params.visibility) or settings.visibility
    content_type = params.content_type or ("text/markdown" if params.title else "text/plain")
    if content_type not in CONTENT_TYPES:
        raise InvalidError("content_type", f"must be one of {', '.join(CONTENT_TYPES)}")
    idempotency_key = call.header("Idempotency-Key")
    return posts.Draft(
        text=params.status,
        content_type=content_type,
        kind="Article" if params.title else "Note",
        title=params.title,
        summary=params.spoiler_text or (params.summary if params.title else ""),
        # The summary of a sensitive article is its content warning.
        sensitive=bool(params.title and params.spoiler_text)
        or (settings.sensitive if params.sensitive is None else params.sensitive),
        visibility=_local_visibility(params) or visibility,
        language=params.language or settings.language,
        in_reply_to_id=params.in_reply_to_id,
        media_ids=tuple(dict.fromkeys(params.media_ids)),
        cover_id=params.cover_id,
        state="draft" if params.draft else "published",
        app_id=call.principal.app_id if call.principal else None,
        poll=_to_new_poll(params.poll),
        idempotency_key=idempotency_key[: posts.MAX_IDEMPOTENCY_KEY] or None,
        quoted_id=params.quoted_status_id,
        quote_policy=params.quote_approval_policy or settings.quote_policy,
        policy=parse_policy(params.interaction_policy),
    )


def _local_visibility(params: NewStatusParams | EditStatusParams) -> str:
    """Return a visibility that Mastodon does not have, '' for none."""
    return "local" if params.local_only else "partners" if params.partners_only else ""


def _to_new_poll(params: PollParams | None) -> polls.NewPoll | None:
    """Return the poll of the request, None for none: some clients send an empty form."""
    if params is None or params == PollParams():
        return None
    return polls.NewPoll(tuple(params.options), params.expires_in, params.multiple, params.hide_totals)


@routes.put("/api/v1/statuses/{id}", auth=USER, scope="write:statuses", params=EditStatusParams, tx="own")
async def update(call: Call[EditStatusParams]) -> Status:
    params = call.params
    if params.content_type is not UNSET and params.content_type not in CONTENT_TYPES:
        raise InvalidError("content_type", f"must be one of {', '.join(CONTENT_TYPES)}")
    if isinstance(params.status, str):
        await call.services.resolver.resolve_mentions(params.status)
    change = edits.PostEdit(
        text=params.status,
        publish=params.draft is False,
        warning=params.spoiler_text,
        summary=params.summary,
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
        wanted = _local_visibility(params) or VISIBILITY.get(params.visibility, params.visibility)
        shown_to = await edits.resolve_draft_visibility(
            tx, call.account, call.id(), wanted, stays_draft=params.draft is True
        )
        described = await _describe_media(call, tx, params.media_attributes)
        change = structs.replace(change, visibility=shown_to, has_new_descriptions=described)
        post_id = await edits.edit(tx, call.site, call.account, call.id(), change)
        return await load_status(call, tx, post_id)


async def _describe_media(
    call: Call[EditStatusParams], tx: Tx, attributes: Sequence[MediaAttributesParams]
) -> bool:
    """Change descriptions and focal points of files; return True if one did change."""
    changed = False
    for file in attributes[:MAX_MEDIA_ATTRIBUTES]:
        former = await media.get(tx, call.account, file.id)
        focus = media.parse_focus(file.focus)
        changed |= former != await media.describe(tx, call.account, file.id, file.description, focus)
    return changed
