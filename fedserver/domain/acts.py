"""What moderators and admins did: rows that are only added, each holding the hash of the one before."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import structs

from storage import ActRow, MemberRow, Tx, queries


async def add(
    tx: Tx,
    member: MemberRow | None,
    verb: str,
    *,
    target: str,
    rule: str = "",
    reason: str = "",
    expires_at: int | None = None,
    undoes_id: int | None = None,
) -> ActRow:
    """Write an act down; without a member it was the command line."""
    before = await queries.acts.last_hash(tx)
    row = ActRow(
        id=tx.new_id(),
        actor_member_id=member.id if member else None,
        verb=verb,
        target=target,
        rule=rule,
        reason=reason[:2_000],
        at=tx.now,
        expires_at=expires_at,
        undoes_id=undoes_id,
        previous_hash=before,
        hash="",
    )
    row = structs.replace(row, hash=digest(row))
    await queries.acts.add(tx, row)
    return row


def digest(row: ActRow) -> str:
    """The hash of a row, over everything in it but the hash itself."""
    values = {name: value for name, value in structs.asdict(row).items() if name != "hash"}
    return hashlib.sha256(msgspec.json.encode(values, order="sorted")).hexdigest()
