"""Rows of second steps."""

from msgspec import Struct


class SecondStepRow(Struct, frozen=True, gc=False):
    """A member's second step; without a secret only passkeys are asked for."""

    member_id: int
    secret: str | None
    last_step: int
    created_at: int
