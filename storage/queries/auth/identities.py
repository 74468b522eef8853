"""Identities of members at the identity provider."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, select, update

from storage.engine import ReadTx, Tx
from storage.rows.auth import IdentityRow
from storage.statements import columns_of, to_row_or_none, to_rows, upsert
from storage.tables.auth import identities

COLUMNS = columns_of(identities, IdentityRow)
INSERT = upsert(identities).on_conflict_do_nothing()
FIND = select(*COLUMNS).where(
    identities.c.issuer == bindparam("issuer"), identities.c.subject == bindparam("subject")
)
LIST_BY_MEMBER = (
    select(*COLUMNS)
    .where(identities.c.member_id == bindparam("member_id"))
    .order_by(identities.c.created_at, identities.c.subject)
)
MARK_USED = (
    update(identities)
    .where(identities.c.issuer == bindparam("b_issuer"), identities.c.subject == bindparam("b_subject"))
    .values(email=bindparam("b_email"), used_at=bindparam("b_now"))
)
DELETE_BY_MEMBER = delete(identities).where(identities.c.member_id == bindparam("member_id"))


async def insert(tx: Tx, row: IdentityRow) -> bool:
    """Add an identity; return False if it belongs to a member already."""
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def find(tx: ReadTx, issuer: str, subject: str) -> IdentityRow | None:
    return to_row_or_none(IdentityRow, await tx.one(FIND, issuer=issuer, subject=subject))


async def list_by_member(tx: ReadTx, member_id: int) -> list[IdentityRow]:
    return to_rows(IdentityRow, await tx.all(LIST_BY_MEMBER, member_id=member_id))


async def mark_used(tx: Tx, issuer: str, subject: str, email: str) -> None:
    await tx.run(MARK_USED, b_issuer=issuer, b_subject=subject, b_email=email, b_now=tx.now)


async def delete_by_member(tx: Tx, member_id: int) -> None:
    await tx.run(DELETE_BY_MEMBER, member_id=member_id)
