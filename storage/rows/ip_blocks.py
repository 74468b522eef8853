"""Rows of blocked networks."""

from msgspec import Struct


class IpBlockRow(Struct, frozen=True, gc=False):
    """A network from which one may not join, or not come at all."""

    id: int
    network: str
    severity: str
    comment: str
    created_at: int
    updated_at: int
    expires_at: int | None
