"""Rows of markers, lists, filters, announcements and trends."""

from msgspec import Struct


class MarkerRow(Struct, frozen=True, gc=False):
    """How far an account has read a timeline."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: int


class ListRow(Struct, frozen=True, gc=False):
    """A list of accounts."""

    id: int
    account_id: int
    title: str
    replies_policy: str
    exclusive: bool


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


class AnnouncementRow(Struct, frozen=True, gc=False):
    """A notice to all members."""

    id: int
    source: str
    html: str
    starts_at: int | None
    ends_at: int | None
    all_day: bool
    published_at: int | None
    updated_at: int
    created_by_id: int | None


class TrendRow(Struct, frozen=True, gc=False):
    """Something that many turn to: `kind` says in which table the subject is."""

    kind: str
    subject_id: int
    score: float
    accounts: int
    computed_at: int


class ReactionRow(Struct, frozen=True, gc=False):
    """How many reacted with one emoji to an announcement, and whether the reader did."""

    announcement_id: int
    name: str
    count: int
    mine: bool
