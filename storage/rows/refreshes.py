"""Rows of refreshes."""

from msgspec import Struct


class RefreshRow(Struct, frozen=True, gc=False):
    """A thread that is, or was, read anew; `found` counts posts that were not here before."""

    id: int
    post_id: int
    state: str
    found: int
    started_at: int
