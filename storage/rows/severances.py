"""Rows of lost follows."""

from msgspec import Struct


class SeveranceRow(Struct, frozen=True, gc=False):
    """What an account lost by one act of the moderators."""

    id: int
    account_id: int
    kind: str
    target_name: str
    followers_count: int
    following_count: int
    created_at: int
