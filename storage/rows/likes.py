"""Rows of what accounts do to posts."""

from msgspec import Struct


class LikeRow(Struct, frozen=True, gc=False):
    """A like: the vote that a post was helpful."""

    id: int
    account_id: int
    post_id: int
    uri: str
    created_at: int


class PostReactionRow(Struct, frozen=True, gc=False):
    """An emoji with which somebody likes a post; `url` is its picture, '' for a character."""

    id: int
    account_id: int
    post_id: int
    name: str
    url: str
    uri: str
    created_at: int


class BookmarkRow(Struct, frozen=True, gc=False):
    """A private bookmark."""

    id: int
    account_id: int
    post_id: int


class PinRow(Struct, frozen=True, gc=False):
    """A post kept on top of its author's profile."""

    id: int
    account_id: int
    post_id: int
