"""Rows of posts that are to appear later."""

from msgspec import Struct


class ScheduledPostRow(Struct, frozen=True, gc=False):
    """A post that waits for its moment; `draft` is JSON."""

    id: int
    account_id: int
    publish_at: int
    draft: str
    idempotency_key: str | None
    failed_at: int | None
    error: str
