"""Rows of sign-ups."""

from msgspec import Struct


class EmailDomainBlockRow(Struct, frozen=True, gc=False):
    """A blocked email domain."""

    id: int
    domain: str
    created_at: int


class CanonicalEmailBlockRow(Struct, frozen=True, gc=False):
    """A blocked email address, stored as the hash of its canonical form."""

    id: int
    hash: str
    created_at: int
