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
    """What a moderator or admin did."""

    id: int
    actor_member_id: int | None
    verb: str
    target: str
    rule: str
    reason: str
    at: int
    expires_at: int | None
    undoes_id: int | None
    previous_hash: str
    hash: str
