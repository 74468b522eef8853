"""Rows of joining the node."""

from msgspec import Struct


class EmailDomainBlockRow(Struct, frozen=True, gc=False):
    """An e-mail domain."""

    id: int
    domain: str
    created_at: int


class CanonicalEmailBlockRow(Struct, frozen=True, gc=False):
    """An address, kept as the hash of its canonical form."""

    id: int
    hash: str
    created_at: int
