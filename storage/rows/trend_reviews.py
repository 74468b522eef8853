"""Rows of what moderators decided about things that may trend."""

from msgspec import Struct


class TrendReviewRow(Struct, frozen=True, gc=False):
    """A decision about one subject."""

    id: int
    kind: str
    subject: str
    approved: bool
    reviewed_at: int
    reviewed_by_id: int | None
