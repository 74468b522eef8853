"""Rows of writing: posts, edits, polls, quotes, likes and boosts."""

from msgspec import Struct


class LikeRow(Struct, frozen=True, gc=False):
    """A like: the vote that a post was helpful."""

    id: int
    account_id: int
    post_id: int
    uri: str
    created_at: int


class PostReactionRow(Struct, frozen=True, gc=False):
    """An emoji reaction to a post; `url` is its picture, '' for a character."""

    id: int
    account_id: int
    post_id: int
    name: str
    url: str
    uri: str
    created_at: int


class PollRow(Struct, frozen=True, gc=False):
    """A poll, without what its post holds."""

    post_id: int
    multiple: bool
    hide_totals: bool
    expires_at: int | None
    closed_at: int | None
    voters_count: int | None
    read_at: int | None


class PollOptionRow(Struct, frozen=True, gc=False):
    """An option of a poll and the number of its votes."""

    id: int
    post_id: int
    position: int
    title: str
    name: str
    votes_count: int


class PollVoteRow(Struct, frozen=True, gc=False):
    """A vote of an account for an option."""

    id: int
    post_id: int
    option_id: int
    account_id: int
    slot: int
    uri: str
    created_at: int


class PostRow(Struct, frozen=True, gc=False):
    """A note, an article or a boost."""

    id: int
    uri: str
    url: str
    account_id: int
    local: bool
    kind: str
    state: str
    visibility: str
    title: str
    slug: str | None
    summary: str
    sensitive: bool
    language: str | None
    source: str
    source_type: str
    html: str
    cover_id: int | None
    mentions: str
    tags: str
    emojis: str
    in_reply_to_id: int | None
    in_reply_to_account_id: int | None
    in_reply_to_uri: str | None
    thread_id: int
    context_uri: str
    boost_of_id: int | None
    app_id: int | None
    published_at: int
    edited_at: int | None
    replies_count: int
    boosts_count: int
    likes_count: int
    version: int
    quotes_count: int = 0
    interaction_policy: str = ""
    license: str = ""


class EditRow(Struct, frozen=True, gc=False):
    """A post as it was before an edit."""

    id: int
    post_id: int
    title: str
    summary: str
    sensitive: bool
    source: str
    html: str
    media: str
    emojis: str
    poll: str | None
    at: int


class CoauthorRow(Struct, frozen=True, gc=False):
    """A member whom the author of an article asked to be named with it."""

    id: int
    post_id: int
    account_id: int
    asked_at: int
    accepted_at: int | None


class TombstoneRow(Struct, frozen=True, gc=False):
    """The remains of a deleted object."""

    uri: str
    kind: str
    account_uri: str
    at: int


class QuoteRow(Struct, frozen=True, gc=False):
    """A post that quotes another; `quoted_id` is None while that is not known, and when it is gone."""

    post_id: int
    account_id: int
    quoted_id: int | None
    quoted_account_id: int | None
    quoted_uri: str
    quoted_url: str
    state: str
    legacy: bool
    request_uri: str | None
    authorization_uri: str | None
    created_at: int


class RefreshRow(Struct, frozen=True, gc=False):
    """A refresh of a thread; `found` counts posts that were not here before."""

    id: int
    post_id: int
    state: str
    found: int
    started_at: int


class ScheduledPostRow(Struct, frozen=True, gc=False):
    """A post that will be published later; `draft` is JSON."""

    id: int
    account_id: int
    publish_at: int
    draft: str
    idempotency_key: str | None
    failed_at: int | None
    error: str


class PostAuthorRow(Struct, frozen=True, gc=False):
    """The limits of a post's author, and the relations of a viewer to the author and the post."""

    suspended_at: int | None
    deleted_at: int | None
    is_followed: bool
    is_viewer_mentioned: bool
    is_blocked: bool
    blocks_viewer: bool
    is_muted: bool  # the account or its domain


class PostAccessRow(Struct, frozen=True):
    """A post, what it boosts, and what decides whether one viewer may see them."""

    viewer_domain: str | None  # '' for a local account, None without a viewer
    post: PostRow
    author: PostAuthorRow
    original: PostRow | None
    original_author: PostAuthorRow | None
