"""ScheduledStatus (docs.joinmastodon.org/entities/ScheduledStatus)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.media_attachments import MediaAttachment, render_media_attachment
from fedserver.client_api.entities.statuses import VISIBILITY
from fedserver.client_api.entities.times import to_iso
from fedserver.domain.posts import scheduled_posts
from fedserver.links import Links


class ScheduledPollParams(Struct, frozen=True):
    options: list[str]
    expires_in: int
    multiple: bool
    hide_totals: bool


class ScheduledStatusParams(Struct, frozen=True, kw_only=True):
    """The parameters of the request.

    Unlike elsewhere in this API, some ids are numbers here, as documented.
    """

    text: str
    poll: ScheduledPollParams | None
    media_ids: list[str] | None
    sensitive: bool
    spoiler_text: str | None
    visibility: str
    in_reply_to_id: int | None
    quoted_status_id: str | None
    quote_approval_policy: str
    language: str | None
    application_id: int
    idempotency: str | None
    scheduled_at: None = None
    with_rate_limit: bool = False


class ScheduledStatus(Struct, frozen=True):
    id: str
    scheduled_at: str
    params: ScheduledStatusParams
    media_attachments: list[MediaAttachment]


def render_scheduled_status(links: Links, view: scheduled_posts.ScheduledPost) -> ScheduledStatus:
    """Return a post that is scheduled."""
    row, draft = view.row, view.draft
    poll = draft.poll
    return ScheduledStatus(
        id=str(row.id),
        scheduled_at=to_iso(row.publish_at),
        params=ScheduledStatusParams(
            text=draft.text,
            poll=ScheduledPollParams(list(poll.options), poll.expires_in, poll.multiple, poll.hide_totals)
            if poll is not None
            else None,
            media_ids=[str(media_id) for media_id in draft.media_ids] or None,
            sensitive=draft.sensitive,
            spoiler_text=draft.summary or None,
            visibility=VISIBILITY.get(draft.visibility, draft.visibility),
            in_reply_to_id=draft.in_reply_to_id,
            quoted_status_id=str(draft.quoted_id) if draft.quoted_id is not None else None,
            quote_approval_policy=draft.quote_policy,
            language=draft.language,
            application_id=draft.app_id or 0,
            idempotency=row.idempotency_key,
        ),
        media_attachments=[render_media_attachment(links, row) for row in view.media],
    )
