"""Rows of reports, moderation and appeals."""

from msgspec import Struct


class AppealRow(Struct, frozen=True, gc=False):
    """An appeal of a member against an action; `answer` is that of the moderators."""

    id: int
    act_id: int
    account_id: int
    text: str
    created_at: int
    decided_at: int | None
    decided_by_id: int | None
    approved: bool
    answer: str


class ModerationNoteRow(Struct, frozen=True, gc=False):
    """A note of a moderator about an account; `member_id` is None if they left."""

    id: int
    account_id: int
    member_id: int | None
    text: str
    created_at: int


class ReportRow(Struct, frozen=True, gc=False):
    """A report of a member or peer; `post_ids` and `rule_ids` are JSON."""

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
