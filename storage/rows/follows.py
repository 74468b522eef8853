"""Rows of how accounts stand to each other, and of collections of them."""

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


class CollectionRow(Struct, frozen=True, gc=False):
    """Accounts that somebody recommends together."""

    id: int
    uri: str
    account_id: int
    name: str
    description: str
    language: str | None
    sensitive: bool
    discoverable: bool
    tag: str
    created_at: int
    updated_at: int


class CollectionItemRow(Struct, frozen=True, gc=False):
    """An account in a collection: pending, accepted, rejected or revoked."""

    id: int
    collection_id: int
    account_id: int
    state: str
    created_at: int
