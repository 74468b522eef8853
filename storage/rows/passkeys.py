"""Rows of passkeys."""

from msgspec import Struct


class PasskeyRow(Struct, frozen=True, gc=False):
    """A passkey of a member."""

    id: int
    member_id: int
    credential_id: str
    public_key: str
    sign_count: int
    name: str
    created_at: int
    used_at: int | None
