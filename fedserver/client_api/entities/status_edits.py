"""StatusEdit (docs.joinmastodon.org/entities/StatusEdit) and StatusSource (…/StatusSource)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.custom_emojis import CustomEmoji, render_stored_emojis
from fedserver.client_api.entities.media_attachments import MediaAttachment, render_media_attachment
from fedserver.client_api.entities.statuses import render_content_warning
from fedserver.client_api.entities.times import to_iso
from fedserver.domain.accounts import account_views
from fedserver.domain.content import post_texts
from fedserver.domain.posts import posts
from fedserver.domain.timelines import post_views
from fedserver.links import Links
from storage.rows.content import MediaRow
from storage.rows.posts import EditRow, PostRow

_decode_files = msgspec.json.Decoder(list[MediaRow]).decode
_decode_titles = msgspec.json.Decoder(list[str]).decode


class FormerOption(Struct, frozen=True):
    title: str


class FormerPoll(Struct, frozen=True):
    """The options that a poll had."""

    options: list[FormerOption]


class StatusEdit(Struct, frozen=True):
    """A version of a status."""

    content: str
    spoiler_text: str
    sensitive: bool
    created_at: str
    account: Account
    media_attachments: list[MediaAttachment]
    emojis: list[CustomEmoji]
    poll: FormerPoll | None = None
    quote: None = None


class StatusSource(Struct, frozen=True):
    """A status as its author wrote it."""

    id: str
    text: str
    spoiler_text: str
    content_type: str = ""  # as in GoToSocial
    title: str | UnsetType = UNSET
    summary: str | UnsetType = UNSET


def render_history(
    links: Links,
    view: post_views.PostView,
    edits: Iterable[EditRow],
    author: account_views.AccountView,
) -> list[StatusEdit]:
    """Return all versions of a status, the first one first, the current one last."""
    account = render_account(links, author)
    versions = [
        StatusEdit(
            content=post_texts.grant_pictures(links, view.post.id, edit.html),
            spoiler_text=post_texts.find_warning(view.post.kind, edit.summary, sensitive=edit.sensitive),
            sensitive=edit.sensitive,
            created_at=to_iso(edit.at),
            account=account,
            # Former remote files have no row any more: their addresses are signed for the post.
            media_attachments=[
                render_media_attachment(links, file, former=True) for file in _decode_files(edit.media)
            ],
            emojis=render_stored_emojis(links, edit.emojis),
            poll=_render_former_poll(_decode_titles(edit.poll)) if edit.poll else None,
        )
        for edit in edits
    ]
    row = view.post
    current = StatusEdit(
        content=post_texts.grant_pictures(links, row.id, row.html),
        spoiler_text=render_content_warning(row),
        sensitive=row.sensitive,
        created_at=to_iso(row.edited_at or row.published_at),
        account=account,
        media_attachments=[render_media_attachment(links, file) for file in view.media],
        emojis=render_stored_emojis(links, row.emojis),
        poll=_render_former_poll([option.title for option in view.poll.options]) if view.poll else None,
    )
    return [*versions, current]


def _render_former_poll(titles: Iterable[str]) -> FormerPoll:
    return FormerPoll([FormerOption(title) for title in titles])


def render_source(row: PostRow) -> StatusSource:
    """Return what the author wrote, to be edited."""
    warning = render_content_warning(row)
    summary = "" if warning else posts.find_own_summary(row)
    return StatusSource(
        str(row.id),
        row.source,
        warning,
        row.source_type,
        title=row.title or UNSET,
        summary=summary if row.title else UNSET,
    )
