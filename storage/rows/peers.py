"""Rows of peers and of acts of moderation."""

from msgspec import Struct


class PeerRow(Struct, frozen=True, gc=False):
    """Another node and what we know of it."""

    domain: str
    policy: str
    rejects_media: bool
    reason: str
    decided_at: int | None
    first_seen_at: int
    scheme: str
    failures: int
    failing_since_at: int | None
    retry_at: int | None
    delivered_at: int | None
    software: str
    decision_id: int | None
    rejects_reports: bool
    public_comment: str
    obfuscates: bool
    list_id: int | None


class ActRow(Struct, frozen=True, gc=False):
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


class ActHeadRow(Struct, frozen=True, gc=False):
    """Where the log of acts ends."""

    seq: int
    hash: str
