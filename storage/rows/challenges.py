"""Rows of challenges."""

from msgspec import Struct


class ChallengeRow(Struct, frozen=True, gc=False):
    """Something a browser was asked; its word is kept as a hash."""

    word_hash: str
    purpose: str
    holder_hash: str
    member_id: int | None
    data: str
    created_at: int
    expires_at: int
