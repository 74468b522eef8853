"""Rows of reports."""

from msgspec import Struct


class ReportRow(Struct, frozen=True, gc=False):
    """What somebody brought before the moderators; JSON columns are text."""

    id: int
    uri: str | None
    account_id: int
    target_id: int
    post_ids: str
    comment: str
    category: str
    rule_ids: str
    forwarded: bool
    created_at: int
    updated_at: int
    assigned_id: int | None
    resolved_at: int | None
    resolved_by_id: int | None
