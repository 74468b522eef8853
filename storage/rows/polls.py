"""Rows of polls, their options and votes."""

from msgspec import Struct


class PollRow(Struct, frozen=True, gc=False):
    """What belongs to a poll beside its post."""

    post_id: int
    multiple: bool
    hide_totals: bool
    expires_at: int | None
    closed_at: int | None
    voters_count: int | None
    read_at: int | None


class PollOptionRow(Struct, frozen=True, gc=False):
    """A choice and how many took it."""

    id: int
    post_id: int
    position: int
    title: str
    name: str
    votes_count: int


class PollVoteRow(Struct, frozen=True, gc=False):
    """An account took an option."""

    id: int
    post_id: int
    option_id: int
    account_id: int
    slot: int
    uri: str
    created_at: int
