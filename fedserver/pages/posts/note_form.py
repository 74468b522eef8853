"""The form of a post: its fields, what they mean, and the page, which keeps everything after an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct, structs

from fedserver.domain.auth import members
from fedserver.domain.content import media
from fedserver.domain.kernel.errors import DomainError, InvalidError, MediaNotReadyError
from fedserver.domain.timelines import partner_posts, post_views, quote_policies
from fedserver.pages.posts.attachments import Attachment
from fedserver.text.languages import list_language_names
from fedserver.text.locales import current_locale, gettext
from fedserver.web.endpoint import Call, LongText
from fedserver.web.uploads import Upload
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow

KEEP_END = 0  # the poll of a post ends when it did before
# Where the form shows what is wrong with a field of the domain.
PLACES = {
    "text": "text",
    "summary": "summary",
    "choices": "poll",
    "deadline": "poll",
    "poll": "poll",
    "visibility": "visibility",
    "scheduled_at": "publish_at",
    "zone": "zone",
    "file": "files",
    "files": "files",
    "media": "files",
    "media_ids": "files",
    "description": "files",
    "focus": "files",
    "language": "language",
    "replies": "replies",
    "quote_approval_policy": "quotes",
}


NOT_SAVED = ("csrf", "slot", "saved_at", "decision", "files", "picture", "undescribed", "url", "title", "alt")


class ComposerParams(Struct, frozen=True):
    """The form of a post. The last three fields are those of articles, or what another app shares."""

    csrf: str = ""
    slot: str = ""
    saved_at: int = 0
    key: str = ""  # of one form as it was opened
    text: LongText = ""
    summary: str = ""
    sensitive: bool = False
    visibility: str = ""
    language: str | None = None
    reply_to: int | None = None
    quote: int | None = None
    files: list[Upload] = []
    media_ids: list[int] = []
    descriptions: list[str] = []
    focus_x: list[str] = []
    focus_y: list[str] = []
    undescribed: bool = False  # files without a description are published as they are
    options: list[str] = []
    expires_in: int = 86_400
    multiple: bool = False
    hide_totals: bool = False
    replies: str = "public"
    quotes: str = ""
    publish_at: str = ""  # local time, as a browser writes it
    zone: str = ""
    scheduled: int | None = None  # the scheduled post whose place this takes
    decision: str = "publish"
    url: str = ""
    title: str = ""
    picture: Upload | None = None
    alt: str = ""


class Form(Struct, frozen=True):
    """The state of a form, beside its fields."""

    slot: str
    post_id: int | None = None
    is_draft: bool = False  # a draft that is a post
    has_poll: bool = False  # the post has one already
    restored_at: int = 0
    publish_moment: int = 0  # ms UTC, of a scheduled post whose form is opened
    is_unsaved: bool = False  # it holds what nothing has stored yet
    asks_for_descriptions: bool = False


class Problem(Struct, frozen=True):
    """A problem with a field; `base` is the whole form."""

    field: str
    text: str


def find_problem(error: DomainError) -> Problem:
    """Return what to show for an error, and where."""
    if isinstance(error, MediaNotReadyError):
        text = gettext("A file is still being processed. Please try again in a moment.")
        return Problem("files", text)
    if not isinstance(error, InvalidError):
        return Problem("base", error.message)
    if error.field == "scheduled_at" and error.code == "ERR_INVALID":
        return Problem("publish_at", gettext("Please choose a time that is at least five minutes from now."))
    return Problem(PLACES.get(error.field, "base"), error.message)


async def load_attachments(tx: ReadTx, author: AccountRow, params: ComposerParams) -> list[Attachment]:
    """Return the files of the form in their order; those that are gone are left out."""
    rows = await media.load_own(tx, author, params.media_ids)

    def value(values: Sequence[str], place: int) -> str:
        return values[place] if place < len(values) else ""

    return [
        Attachment(
            rows[media_id],
            value(params.descriptions, place),
            value(params.focus_x, place),
            value(params.focus_y, place),
        )
        for place, media_id in enumerate(params.media_ids)
        if media_id in rows and media_id not in params.media_ids[:place]
    ]


def with_attachments(params: ComposerParams, attachments: Sequence[Attachment]) -> ComposerParams:
    """Return the fields with these files."""
    return structs.replace(
        params,
        media_ids=[attachment.row.id for attachment in attachments],
        descriptions=[attachment.description for attachment in attachments],
        focus_x=[attachment.focus_x for attachment in attachments],
        focus_y=[attachment.focus_y for attachment in attachments],
    )


async def render_page(
    call: Call[ComposerParams],
    form: Form,
    params: ComposerParams,
    problem: Problem | None = None,
) -> web.Response:
    """Return the page with the form as it was filled in, and what is wrong."""
    settings = members.decode_settings(call.member)
    async with call.services.db.read() as tx:
        partners = await partner_posts.has_recipients(tx)
        attachments = await load_attachments(tx, call.account, params)
        ids = [post_id for post_id in (params.reply_to, params.quote) if post_id is not None]
        views = {view.post.id: view for view in await post_views.load(tx, ids, call.viewer_id)}
        if params.quote is not None and problem is None:
            try:
                await quote_policies.get_quotable(tx, call.account, params.quote)
            except DomainError as error:
                problem, params = Problem("base", error.message), structs.replace(params, quote=None)
    languages = list_language_names()
    own = (settings.language, params.language, current_locale())
    return call.render(
        "write.html",
        status=422 if problem else 200,
        form=form,
        problem=problem,
        params=params,
        settings=settings,
        partners=partners,
        attachments=attachments,
        answered=views.get(params.reply_to or 0),
        quoted=views.get(params.quote or 0),
        own_languages=[(code, name) for code, name in languages if code in own],
        languages_of_posts=languages,
        zone=params.zone or "UTC",
    )


def to_fields(params: ComposerParams) -> dict[str, Any]:
    """Return what is written in the form, to be saved."""
    fields: dict[str, Any] = msgspec.to_builtins(structs.replace(params, files=[], picture=None))
    return {name: value for name, value in fields.items() if name not in NOT_SAVED}
