"""Rows of timelines: cards, markers, filters and trends."""

from msgspec import Struct


class CardRow(Struct, frozen=True, gc=False):
    """The preview card of a page; `kind` is '' if the page has none."""

    id: int
    url: str
    kind: str
    title: str
    description: str
    author_name: str
    author_url: str
    provider_name: str
    provider_url: str
    html: str
    embed_url: str
    width: int
    height: int
    image_url: str
    image_alt: str
    language: str | None
    published_at: int | None
    creator_id: int | None
    fetched_at: int
    blurhash: str | None = None


class MarkerRow(Struct, frozen=True, gc=False):
    """The last post that an account has read on a timeline."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: int


class FilterRow(Struct, frozen=True, gc=False):
    """A filter; its keywords and posts are rows of their own."""

    id: int
    account_id: int
    title: str
    contexts: str
    action: str
    expires_at: int | None


class FilterKeywordRow(Struct, frozen=True, gc=False):
    """A word of a filter."""

    id: int
    filter_id: int
    keyword: str
    whole_word: bool


class FilterPostRow(Struct, frozen=True, gc=False):
    """A post named by a filter."""

    id: int
    filter_id: int
    post_id: int


class TrendRow(Struct, frozen=True, gc=False):
    """A trending subject: `kind` says in which table it is."""

    kind: str
    subject_id: int
    score: float
    accounts: int
    computed_at: int


class TrendReviewRow(Struct, frozen=True, gc=False):
    """The decision of a moderator on one subject."""

    id: int
    kind: str
    subject: str
    approved: bool
    reviewed_at: int
    reviewed_by_id: int | None
