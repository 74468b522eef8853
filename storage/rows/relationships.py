"""Rows of follows, blocks, mutes and lists."""

from msgspec import Struct


class FollowRow(Struct, frozen=True, gc=False):
    """A follow, or a request to follow: both have these columns."""

    id: int
    account_id: int
    target_id: int
    uri: str
    shows_boosts: bool
    notifies: bool
    languages: str
    created_at: int


class BlockRow(Struct, frozen=True, gc=False):
    """A block."""

    id: int
    account_id: int
    target_id: int
    uri: str
    created_at: int


class MuteRow(Struct, frozen=True, gc=False):
    """A mute, perhaps for a time."""

    id: int
    account_id: int
    target_id: int
    hides_notifications: bool
    expires_at: int | None
    created_at: int


class ListRow(Struct, frozen=True, gc=False):
    """A list of accounts."""

    id: int
    account_id: int
    title: str
    replies_policy: str
    exclusive: bool
