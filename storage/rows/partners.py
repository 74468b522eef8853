"""Rows of partners."""

from msgspec import Struct


class PartnerRow(Struct, frozen=True, gc=False):
    """A peer with which there is, was or may be an agreement."""

    id: int
    domain: str
    account_id: int
    state: str
    ours: bool
    offer_uri: str
    scopes: str
    message: str
    offered_at: int
    agreed_at: int | None
    ended_at: int | None
    ended_by: str
    decided_by_id: int | None
