"""Relationships of an account to others as clients ask for them, in one statement."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from storage.engine import ReadTx
from storage.queries.accounts import relations as relation_queries

_decode_languages = msgspec.json.Decoder(list[str]).decode


class Relation(Struct, frozen=True):
    """Relationship of the viewer to an account (docs.joinmastodon.org/entities/Relationship)."""

    id: int
    following: bool
    showing_boosts: bool
    notifying: bool
    languages: tuple[str, ...]
    followed_by: bool
    requested: bool
    requested_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    mute_expires_at: int | None
    domain_blocking: bool
    endorsed: bool
    note: str


async def load(tx: ReadTx, actor_id: int, ids: Sequence[int]) -> list[Relation]:
    """Return one relation for each id, in that order; unknown ids are left out."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    facts = await relation_queries.load_facts(tx, actor_id, wanted)
    return [
        _build_relation(account_id, facts) for account_id in wanted if account_id in facts.get("known", {})
    ]


def _build_relation(account_id: int, facts: dict[str, dict[int, str | None]]) -> Relation:
    def holds(kind: str) -> bool:
        return account_id in facts.get(kind, {})

    def detail(kind: str) -> str | None:
        return facts.get(kind, {}).get(account_id)

    languages, expires = detail("following"), detail("muting")
    return Relation(
        id=account_id,
        following=holds("following"),
        showing_boosts=holds("showing_boosts"),
        notifying=holds("notifying"),
        languages=tuple(_decode_languages(languages)) if languages else (),
        followed_by=holds("followed_by"),
        requested=holds("requested"),
        requested_by=holds("requested_by"),
        blocking=holds("blocking"),
        blocked_by=holds("blocked_by"),
        muting=holds("muting"),
        muting_notifications=holds("muting") and holds("muting_notifications"),
        mute_expires_at=int(expires) if expires else None,
        domain_blocking=holds("domain_blocking"),
        endorsed=holds("endorsed"),
        note=detail("note") or "",
    )
