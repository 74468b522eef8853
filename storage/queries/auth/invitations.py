"""Invitations."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, or_, select, update

from storage.engine import Tx
from storage.rows.auth import InvitationRow
from storage.statements import columns_of, row_or_none, rows, upsert
from storage.tables.auth import invitations

COLUMNS = columns_of(invitations, InvitationRow)
ADD = upsert(invitations)
BY_ID = select(*COLUMNS).where(invitations.c.id == bindparam("id"))
BY_HASH = select(*COLUMNS).where(invitations.c.code_hash == bindparam("code_hash"))
OF_MEMBER = (
    select(*COLUMNS)
    .where(invitations.c.created_by_id == bindparam("member_id"))
    .order_by(invitations.c.id.desc())
)
LATEST = select(*COLUMNS).order_by(invitations.c.id.desc()).limit(bindparam("most"))
USE = (
    update(invitations)
    .where(
        invitations.c.id == bindparam("b_id"),
        invitations.c.revoked_at.is_(None),
        or_(invitations.c.max_uses.is_(None), invitations.c.uses < invitations.c.max_uses),
        or_(invitations.c.expires_at.is_(None), invitations.c.expires_at > bindparam("b_now")),
    )
    .values(uses=invitations.c.uses + 1)
)
REVOKE = (
    update(invitations)
    .where(
        invitations.c.id == bindparam("b_id"),
        invitations.c.created_by_id == bindparam("b_member_id"),
        invitations.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("b_now"))
)

REVOKE_ALL = (
    update(invitations)
    .where(invitations.c.created_by_id == bindparam("b_member_id"), invitations.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("b_now"))
)


async def add(tx: Tx, row: InvitationRow) -> None:
    await tx.run(ADD, **structs.asdict(row))


async def by_id(tx: Tx, invitation_id: int) -> InvitationRow | None:
    return row_or_none(InvitationRow, await tx.one(BY_ID, id=invitation_id))


async def by_hash(tx: Tx, code_hash: str) -> InvitationRow | None:
    return row_or_none(InvitationRow, await tx.one(BY_HASH, code_hash=code_hash))


async def of_member(tx: Tx, member_id: int) -> list[InvitationRow]:
    return rows(InvitationRow, await tx.all(OF_MEMBER, member_id=member_id))


async def latest(tx: Tx, most: int) -> list[InvitationRow]:
    """Everybody's, newest first."""
    return rows(InvitationRow, await tx.all(LATEST, most=most))


async def use(tx: Tx, invitation_id: int) -> bool:
    """Count a use; False if none is left or its time is over."""
    return bool(await tx.run(USE, b_id=invitation_id, b_now=tx.now))


async def revoke(tx: Tx, invitation_id: int, member_id: int) -> bool:
    return bool(await tx.run(REVOKE, b_id=invitation_id, b_member_id=member_id, b_now=tx.now))


async def revoke_all(tx: Tx, member_id: int) -> None:
    await tx.run(REVOKE_ALL, b_member_id=member_id, b_now=tx.now)
