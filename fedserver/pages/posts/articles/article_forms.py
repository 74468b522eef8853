"""The form of an article: its fields, and what they mean. Other pages of the editor share them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from msgspec import Struct

from fedserver.domain.content.post_texts import clean_license, resolve_language
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.posts import posts
from fedserver.domain.timelines import interaction_policies
from fedserver.text.articles.tag_lines import add_tag_line, parse_tags, split_tag_line
from fedserver.text.locales import gettext
from fedserver.text.names import is_hashtag
from fedserver.web.endpoint import LongText
from fedserver.web.uploads import Upload
from storage.rows.posts import PostRow

MARKDOWN = "text/markdown"
MAX_TAGS = 20
VISIBILITIES = ("public", "unlisted", "partners", "local", "followers")


class ArticleFormParams(Struct, frozen=True):
    """The form of an article: `cover` and `file` are to be added, `cover_id` and `media_ids` are there."""

    csrf: str = ""
    slot: str = ""
    saved_at: int = 0
    key: str = ""  # of the first attempt to publish, so that a second one does nothing
    title: str = ""
    text: LongText = ""
    summary: str = ""
    tags: str = ""
    coauthors: str = ""
    visibility: str = "public"
    replies: str = "public"
    language: str = ""
    license: str = ""
    cover: Upload | None = None
    cover_id: int | None = None
    alt: str = ""  # of the cover
    file: Upload | None = None
    file_alt: str = ""
    file_caption: str = ""
    media_ids: list[int] = []  # files in the text that no article has yet
    scheduled: int | None = None  # the scheduled article whose place this takes
    publish_at: str = ""  # as a field for date and time has it, in `zone`
    zone: str = ""
    decision: str = "publish"


def fill_form(row: PostRow, cover_alt: str, coauthors: Sequence[str]) -> ArticleFormParams:
    """Return the form of an article that exists, with the names of its co-authors."""
    text, tags = split_tag_line(row.source)
    return ArticleFormParams(
        title=row.title,
        text=text,
        summary=posts.find_own_summary(row),
        tags=tags,
        coauthors=" ".join(f"@{name}" for name in coauthors),
        visibility=row.visibility,
        replies=interaction_policies.get_reply_audience(row),
        language=row.language or "",
        license=row.license,
        cover_id=row.cover_id,
        alt=cover_alt,
    )


def fill_scheduled(draft: posts.Draft, cover_alt: str, coauthors: Sequence[str]) -> ArticleFormParams:
    """Return the form of an article that is published later."""
    text, tags = split_tag_line(draft.text)
    return ArticleFormParams(
        title=draft.title,
        text=text,
        summary=draft.summary,
        tags=tags,
        coauthors=" ".join(f"@{name}" for name in coauthors),
        visibility=draft.visibility,
        replies=interaction_policies.decode_reply_audience(draft.policy),
        language=draft.language or "",
        license=draft.license,
        cover_id=draft.cover_id,
        alt=cover_alt,
    )


def build_draft(params: ArticleFormParams, *, is_draft: bool) -> posts.Draft:
    """Return what a form says, as a new article. Raises InvalidError."""
    return posts.Draft(
        text=build_text(params),
        content_type=MARKDOWN,
        kind="Article",
        title=params.title,
        summary=params.summary,
        visibility=params.visibility if params.visibility in VISIBILITIES else "public",
        language=resolve_language(params.language),
        cover_id=params.cover_id,
        state="draft" if is_draft else "published",
        policy=interaction_policies.encode_policy(params.replies),
        license=clean_license("Article", params.license),
        idempotency_key=params.key[:200] or None,
    )


def build_text(params: ArticleFormParams) -> str:
    """Return the text with its hashtags. Raises InvalidError for what cannot be one."""
    names = parse_tags(params.tags)
    if len(names) > MAX_TAGS:
        message = gettext("Please write at most %(count)s tags.", count=MAX_TAGS)
        raise InvalidError("tags", f"are more than {MAX_TAGS}", "ERR_TOO_LONG", message=message)
    for name in names:
        if not is_hashtag(name):
            message = gettext(
                "“%(tag)s” cannot be a tag. A tag is one word of letters and digits, such as: helpdesk2",
                tag=name[:50],
            )
            raise InvalidError("tags", "have one that is no hashtag", message=message)
    return add_tag_line(params.text, names)


def parse_publish_at(params: ArticleFormParams) -> int | None:
    """Return when an article is to be published (ms UTC), None for now. Raises InvalidError."""
    if not params.publish_at:
        return None
    try:
        moment = datetime.fromisoformat(params.publish_at)
    except ValueError as error:
        message = gettext("Please write a date and a time, for example 2030-05-31 09:30.")
        raise InvalidError("publish_at", "is not a time", message=message) from error
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=find_zone(params.zone))
    return int(aware.timestamp() * 1000)


def find_zone(name: str) -> tzinfo:
    """Return a time zone by its name, UTC for an unknown one."""
    try:
        return ZoneInfo(name[:60]) if name else UTC
    except (ValueError, OSError, KeyError):
        return UTC


def format_moment(moment: int, zone: str) -> str:
    """Return a time (ms UTC) as a field for date and time takes it."""
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(find_zone(zone)).strftime("%Y-%m-%dT%H:%M")
