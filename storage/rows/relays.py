"""Rows of relays."""

from msgspec import Struct


class RelayRow(Struct, frozen=True, gc=False):
    """A relay and how we stand to it."""

    id: int
    inbox_uri: str
    target_uri: str
    actor_uri: str
    state: str
    follow_uri: str
    created_at: int
    changed_at: int
    decided_by_id: int | None
