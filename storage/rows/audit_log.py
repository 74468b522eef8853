"""Rows of the public, hash-linked log of moderation."""

from msgspec import Struct


class LogEntryPostRow(Struct, frozen=True, gc=False):
    """A post that an act was about; `text` is what it said, '' after a while."""

    act_id: int
    post_id: int
    account_id: int
    text: str


class LogEntryRow(Struct, frozen=True, gc=False):
    """What a moderator or admin did. What is private can be dropped: its seal stays."""

    id: int
    seq: int
    verb: str
    role: str
    rule: str
    at: int
    expires_at: int | None
    undoes_id: int | None
    subject_kind: str
    subject_name: str
    by_seal: str
    target_seal: str
    reason_seal: str
    previous_hash: str
    hash: str
    # Private, and empty when it was dropped.
    actor_member_id: int | None
    by_salt: str
    target: str
    target_salt: str
    reason: str
    reason_salt: str
    shows_reason: bool


class ChainHeadRow(Struct, frozen=True, gc=False):
    """Where the log of acts ends."""

    seq: int
    hash: str
