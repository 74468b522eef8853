"""Rows of the public, hash-linked log of moderation."""

from msgspec import Struct


class LogEntryPostRow(Struct, frozen=True, gc=False):
    """A post that a log entry is about; `text` is what it said, '' once erased."""

    act_id: int
    post_id: int
    account_id: int
    text: str


class LogEntryRow(Struct, frozen=True, gc=False):
    """An action of a moderator or admin. Private values can be erased: their commitments stay."""

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
    # Private values; empty once erased.
    actor_member_id: int | None
    by_salt: str
    target: str
    target_salt: str
    reason: str
    reason_salt: str
    shows_reason: bool


class ChainHeadRow(Struct, frozen=True, gc=False):
    """The newest entry of the log."""

    seq: int
    hash: str
