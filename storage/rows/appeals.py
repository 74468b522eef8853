"""Rows of appeals, of posts that acts were about, and of notes of moderators."""

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


class ActPostRow(Struct, frozen=True, gc=False):
    """A post that an act was about; `text` is what it said, '' after a while."""

    act_id: int
    post_id: int
    account_id: int
    text: str


class ModerationNoteRow(Struct, frozen=True, gc=False):
    """What a moderator tells the others about an account; `member_id` is empty if they left."""

    id: int
    account_id: int
    member_id: int | None
    text: str
    created_at: int
