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


def render_relationship(relation: relations.Relation) -> Relationship:
    """Return how the caller stands to an account."""
    return Relationship(
        id=str(relation.id),
        following=relation.following,
        showing_reblogs=relation.showing_boosts,
        notifying=relation.notifying,
        languages=list(relation.languages) or None,
        followed_by=relation.followed_by,
        blocking=relation.blocking,
        blocked_by=relation.blocked_by,
        muting=relation.muting,
        muting_notifications=relation.muting_notifications,
        muting_expires_at=to_iso_or_none(relation.mute_expires_at),
        requested=relation.requested,
        requested_by=relation.requested_by,
        domain_blocking=relation.domain_blocking,
        endorsed=relation.endorsed,
        note=relation.note,
    )
