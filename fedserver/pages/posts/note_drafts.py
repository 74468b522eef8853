"""The post that a form describes: its poll, its time, and what makes it the same if it is sent twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType, structs

from fedserver.domain.auth import members
from fedserver.domain.kernel.errors import DomainError, InvalidError, RetryLaterError
from fedserver.domain.posts import polls, posts
from fedserver.domain.timelines import interaction_policies, post_views, quote_policies
from fedserver.domain.timelines.poll_views import PollView
from fedserver.pages.posts.attachments import Attachment, to_attachment
from fedserver.pages.posts.note_form import KEEP_END, ComposerParams, with_attachments
from fedserver.text.locales import gettext
from fedserver.web.endpoint import Call

MAX_ZONE = 64  # characters; the longest name of a time zone has half of it


def parse_poll(params: ComposerParams) -> polls.NewPoll | None:
    """Return the poll of the form, None if no option was filled in."""
    if not any(option.strip() for option in params.options):
        return None
    return polls.NewPoll(tuple(params.options), params.expires_in, params.multiple, params.hide_totals)


def parse_moment(local_time: str, zone_name: str) -> int:
    """Return a time (ms UTC) from what a browser writes, and the name of a time zone. Raises InvalidError."""
    try:
        # The names of time zones are those of files.
        zone = ZoneInfo(zone_name.strip()[:MAX_ZONE]) if zone_name.strip() else UTC
    except (ValueError, OSError, LookupError) as error:
        message = gettext("This time zone is not known here. Please enter one such as Europe/Berlin.")
        raise InvalidError("zone", "is not known", message=message) from error
    try:
        moment = datetime.fromisoformat(local_time).replace(tzinfo=zone)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        message = gettext("Please enter a day and a time.")
        raise InvalidError("scheduled_at", "is not a time", "ERR_INVALID_TIME", message=message) from error


def build_draft(call: Call[ComposerParams], attachments: Sequence[Attachment]) -> posts.Draft:
    """Return the post of the form. Raises InvalidError."""
    params, settings = call.params, members.decode_settings(call.member)
    return posts.Draft(
        text=params.text,
        summary=params.summary,
        # The short form has no fields for these.
        sensitive=params.sensitive if params.slot else settings.sensitive,
        visibility=params.visibility or settings.visibility,
        language=settings.language if params.language is None else params.language or None,
        in_reply_to_id=params.reply_to,
        media_ids=tuple(attachment.row.id for attachment in attachments),
        poll=parse_poll(params),
        policy=interaction_policies.encode_policy(params.replies),
        quoted_id=params.quote,
        quote_policy=params.quotes or settings.quote_policy,
        idempotency_key=_build_idempotency_key(params),
        idempotency_hours=posts.MAX_IDEMPOTENCY_HOURS,
    )


def _build_idempotency_key(params: ComposerParams) -> str | None:
    """Return what is the same if a form is sent twice as it is; after a change it is another post."""
    if not params.key:
        return None
    content = repr((params.text, params.media_ids, params.options, params.publish_at, params.reply_to))
    return f"page:{params.key[:64]}:{hashlib.sha256(content.encode()).hexdigest()[:32]}"


def is_being_published(error: DomainError, params: ComposerParams) -> bool:
    """Return True if a form was sent twice at one moment: a second try finds the post of the first."""
    return isinstance(error, RetryLaterError) and bool(params.key)


def combine_shared(params: ComposerParams) -> str:
    """Return the text of what another app shares: title, text and address, each once."""
    parts: list[str] = []
    for part in (params.title, params.text, params.url):
        if part.strip() and not any(part.strip() in former for former in parts):
            parts.append(part.strip())
    return "\n\n".join(parts)


def read_post(view: post_views.PostView) -> ComposerParams:
    """Return the form of a note as it is."""
    row, poll = view.post, view.poll
    summary = posts.find_own_summary(row)
    params = ComposerParams(
        text=row.source,
        summary=summary,
        sensitive=row.sensitive and not summary,
        visibility=row.visibility,
        language=row.language or "",
        replies=interaction_policies.get_reply_audience(row),
        quotes=quote_policies.decode_audience(row.interaction_policy),
        options=[option.title for option in poll.options] if poll else [],
        expires_in=KEEP_END if poll else 86_400,
        multiple=bool(poll and poll.poll.multiple),
        hide_totals=bool(poll and poll.poll.hide_totals),
    )
    return with_attachments(params, [to_attachment(file) for file in view.media])


def read_draft(draft: posts.Draft, publish_at: int) -> ComposerParams:
    """Return the form of a note that is published at a time (ms UTC), without its files."""
    poll = draft.poll
    return ComposerParams(
        text=draft.text,
        summary=draft.summary,
        sensitive=draft.sensitive,
        visibility=draft.visibility,
        language=draft.language or "",
        reply_to=draft.in_reply_to_id,
        quote=draft.quoted_id,
        replies=interaction_policies.decode_reply_audience(draft.policy),
        quotes=draft.quote_policy,
        options=list(poll.options) if poll else [],
        expires_in=poll.expires_in if poll else 86_400,
        multiple=bool(poll and poll.multiple),
        hide_totals=bool(poll and poll.hide_totals),
        publish_at=datetime.fromtimestamp(publish_at / 1000, UTC).strftime("%Y-%m-%dT%H:%M"),
        zone="UTC",
    )


def find_new_poll(
    call: Call[ComposerParams], former: PollView | None, now: int, *, has_files: bool
) -> polls.NewPoll | UnsetType:
    """Return the poll of the form, UNSET if it stays as it is. Raises InvalidError."""
    wanted = parse_poll(call.params)
    if wanted is None:
        if former is not None and not has_files:
            message = gettext("A poll cannot be removed. Please fill in at least two choices.")
            raise InvalidError("choices", "can't be blank", "ERR_BLANK", message=message)
        return UNSET
    if former is None or wanted.expires_in != KEEP_END:
        return wanted
    titles = tuple(option.title for option in former.options)
    poll = former.poll
    options = tuple(option.strip() for option in wanted.options if option.strip())
    if (options, wanted.multiple, wanted.hide_totals) == (titles, poll.multiple, poll.hide_totals):
        return UNSET
    seconds_left = ((poll.expires_at or now) - now) // 1000
    return structs.replace(wanted, expires_in=max(seconds_left, call.site.config.limits.min_poll_seconds))
