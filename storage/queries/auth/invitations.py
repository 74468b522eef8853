"""Invitations."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import and_, bindparam, delete, exists, literal, or_, select, update

from storage.engine import ReadTx, Tx
from storage.rows.auth import InvitationRow
from storage.statements import columns_of, to_row_or_none, to_rows, upsert
from storage.tables.auth import invitations, members

COLUMNS = columns_of(invitations, InvitationRow)
INSERT = upsert(invitations)
FIND = select(*COLUMNS).where(invitations.c.id == bindparam("id"))
FIND_BY_HASH = select(*COLUMNS).where(invitations.c.code_hash == bindparam("code_hash"))
LIST_BY_MEMBER = (
    select(*COLUMNS)
    .where(invitations.c.created_by_id == bindparam("member_id"))
    .order_by(invitations.c.id.desc())
)
LIST_LATEST = select(*COLUMNS).order_by(invitations.c.id.desc()).limit(bindparam("most"))
MARK_USED = (
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

# Ended by time, by hand or by their last use; those of members say who invited whom.
PURGE_ENDED = delete(invitations).where(
    or_(
        invitations.c.expires_at <= bindparam("until"),
        invitations.c.revoked_at <= bindparam("until"),
        and_(invitations.c.uses >= invitations.c.max_uses, invitations.c.created_at <= bindparam("until")),
    ),
    ~exists(select(literal(1)).where(members.c.invitation_id == invitations.c.id)),
)


async def insert(tx: Tx, row: InvitationRow) -> None:
    await tx.run(INSERT, **structs.asdict(row))


async def find(tx: ReadTx, invitation_id: int) -> InvitationRow | None:
    return to_row_or_none(InvitationRow, await tx.one(FIND, id=invitation_id))


async def find_by_hash(tx: ReadTx, code_hash: str) -> InvitationRow | None:
    return to_row_or_none(InvitationRow, await tx.one(FIND_BY_HASH, code_hash=code_hash))


async def list_by_member(tx: ReadTx, member_id: int) -> list[InvitationRow]:
    return to_rows(InvitationRow, await tx.all(LIST_BY_MEMBER, member_id=member_id))


async def list_latest(tx: ReadTx, limit: int) -> list[InvitationRow]:
    """Return the invitations of all members, newest first."""
    return to_rows(InvitationRow, await tx.all(LIST_LATEST, most=limit))


async def mark_used(tx: Tx, invitation_id: int) -> bool:
    """Count a use; return False if none is left or it has expired."""
    return bool(await tx.run(MARK_USED, b_id=invitation_id, b_now=tx.now))


async def revoke(tx: Tx, invitation_id: int, member_id: int) -> bool:
    return bool(await tx.run(REVOKE, b_id=invitation_id, b_member_id=member_id, b_now=tx.now))


async def revoke_all(tx: Tx, member_id: int) -> None:
    await tx.run(REVOKE_ALL, b_member_id=member_id, b_now=tx.now)


async def purge_ended(tx: Tx, until: int) -> None:
    """Delete invitations that ended before a moment (ms UTC) and brought no member."""
    await tx.run(PURGE_ENDED, until=until)
