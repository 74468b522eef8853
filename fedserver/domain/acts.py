"""What moderators and admins did: rows that are only added, each holding the hash of the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import structs

from storage import ActRow, MemberRow, Page, Tx, queries


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


async def in_force(tx: Tx, target: str, verb: str) -> ActRow | None:
    """The latest act of a kind on a target that was not undone."""
    return await queries.acts.in_force(tx, target, verb)


async def of_target(tx: Tx, target: str, most: int = 50) -> list[ActRow]:
    """What was done to a target, newest first."""
    return await queries.acts.of_target(tx, target, most)


async def by_ids(tx: Tx, ids: Sequence[int]) -> dict[int, ActRow]:
    return {row.id: row for row in await queries.acts.by_ids(tx, ids)}


async def page(tx: Tx, page: Page) -> list[ActRow]:
    """The log, newest first."""
    return await queries.acts.page(tx, page)
