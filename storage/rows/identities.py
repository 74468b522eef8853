"""Rows of identities."""

from msgspec import Struct


class IdentityRow(Struct, frozen=True, gc=False):
    """Who a member is to the organization's identity provider."""

    issuer: str
    subject: str
    member_id: int
    email: str
    created_at: int
    used_at: int
