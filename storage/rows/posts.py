"""Rows of posts and what belongs to them."""

from msgspec import Struct


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


class TagRow(Struct, frozen=True, gc=False):
    """A hashtag."""

    id: int
    name: str
    display: str
    usable: bool | None = None
    trendable: bool | None = None
    listable: bool | None = None
    reviewed_at: int | None = None


class FeaturedTagRow(Struct, frozen=True, gc=False):
    """A hashtag on a profile: `folded` is the tag's name, `name` how the owner writes it."""

    id: int
    tag_id: int
    name: str
    folded: str
    uses: int
    last_at: int | None


class TombstoneRow(Struct, frozen=True, gc=False):
    """What is left of a deleted object."""

    uri: str
    kind: str
    account_uri: str
    at: int


class OriginalRow(Struct, frozen=True, gc=False):
    """An object as its peer sent it."""

    uri: str
    document: str
    at: int
