"""Relationship (docs.joinmastodon.org/entities/Relationship)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.times import to_iso_or_none
from fedserver.domain.accounts import relations


class Relationship(Struct, frozen=True):
    id: str
    following: bool
    showing_reblogs: bool
    notifying: bool
    languages: list[str] | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    muting_expires_at: str | None
    requested: bool
    requested_by: bool
    domain_blocking: bool
    endorsed: bool
    note: str


def render_relationship(found: relations.Relation) -> Relationship:
    """How the caller stands to an account."""
    return Relationship(
        id=str(found.id),
        following=found.following,
        showing_reblogs=found.showing_boosts,
        notifying=found.notifying,
        languages=list(found.languages) or None,
        followed_by=found.followed_by,
        blocking=found.blocking,
        blocked_by=found.blocked_by,
        muting=found.muting,
        muting_notifications=found.muting_notifications,
        muting_expires_at=to_iso_or_none(found.mute_expires_at),
        requested=found.requested,
        requested_by=found.requested_by,
        domain_blocking=found.domain_blocking,
        endorsed=found.endorsed,
        note=found.note,
    )
