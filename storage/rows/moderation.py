"""Rows of reports, moderation and appeals."""

from msgspec import Struct


class AppealRow(Struct, frozen=True, gc=False):
    """A member says that an act about them was wrong; `answer` is what the moderators said to it."""

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
    """What a moderator tells the others about an account; `member_id` is empty if they left."""

    id: int
    account_id: int
    member_id: int | None
    text: str
    created_at: int


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
