"""The forms of posts that are published later, filled in with what is scheduled.

What such a form says takes the place of the scheduled post, in one transaction: until then, that stays as it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from fedserver.domain.accounts import account_views
from fedserver.domain.content import media
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.posts import scheduled_posts
from fedserver.domain.posts.scheduled_posts import ScheduledPost
from fedserver.domain.timelines import interaction_policies, quote_policies
from fedserver.pages.posts.articles.article_forms import ArticleFormParams
from fedserver.pages.posts.attachments import to_attachment
from fedserver.pages.posts.note_form import ComposerParams, with_attachments
from fedserver.text.articles.tag_lines import split_tag_line
from fedserver.text.locales import gettext
from fedserver.web.endpoint import Call
from storage.engine import ReadTx, Tx


def make_slot(scheduled_id: int) -> str:
    """Return the slot of the form of a scheduled post."""
    return f"scheduled:{scheduled_id}"


def _format_utc(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M")


async def fill_article(call: Call[Any], tx: ReadTx, scheduled: ScheduledPost) -> ArticleFormParams:
    """Return the form of an article that is scheduled."""
    draft = scheduled.draft
    text, tags = split_tag_line(draft.text)
    covers = await media.load_own(tx, call.account, [draft.cover_id]) if draft.cover_id else {}
    named = await account_views.load(tx, [coauthor.account_id for coauthor in draft.coauthors])
    return ArticleFormParams(
        scheduled=scheduled.row.id,
        title=draft.title,
        text=text,
        summary=draft.summary,
        tags=tags,
        coauthors=" ".join(f"@{view.account.username}" for view in named.values()),
        visibility=draft.visibility,
        replies=interaction_policies.decode_reply_audience(draft.policy),
        language=draft.language or "",
        license=draft.license,
        cover_id=draft.cover_id,
        alt=covers[draft.cover_id].description if draft.cover_id in covers else "",
        publish_at=_format_utc(scheduled.row.publish_at),
    )


def fill_note(scheduled: ScheduledPost) -> ComposerParams:
    """Return the form of a post that is scheduled."""
    draft, poll = scheduled.draft, scheduled.draft.poll
    params = ComposerParams(
        scheduled=scheduled.row.id,
        text=draft.text,
        summary=draft.summary,
        sensitive=draft.sensitive,
        visibility=draft.visibility,
        language=draft.language or "",
        reply_to=draft.in_reply_to_id,
        quote=draft.quoted_id,
        replies=interaction_policies.decode_reply_audience(draft.policy),
        quotes=draft.quote_policy,
        publish_at=_format_utc(scheduled.row.publish_at),
        zone="UTC",
    )
    if poll is not None:
        params = structs.replace(
            params,
            options=list(poll.options),
            expires_in=poll.expires_in,
            multiple=poll.multiple,
            hide_totals=poll.hide_totals,
        )
    return with_attachments(params, [to_attachment(file) for file in scheduled.media])


async def take_place(call: Call[Any], tx: Tx, scheduled_id: int) -> ScheduledPost:
    """Remove a scheduled post whose place another takes, and return it.

    Raises InvalidError if it was published, or deleted in another window.
    """
    try:
        scheduled = await scheduled_posts.get(tx, call.account, scheduled_id)
    except NotFoundError as error:
        message = gettext(
            "This post is no longer waiting: it was published or deleted. "
            "Copy what you changed, and change the published post."
        )
        raise InvalidError("base", "is no longer scheduled", message=message) from error
    await scheduled_posts.cancel(tx, call.account, scheduled_id)
    return scheduled
