"""Identities at the organization's provider."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, select, update

from storage.engine import Tx
from storage.rows.auth import IdentityRow
from storage.statements import columns_of, row_or_none, rows, upsert
from storage.tables.auth import identities

COLUMNS = columns_of(identities, IdentityRow)
ADD = upsert(identities).on_conflict_do_nothing()
FIND = select(*COLUMNS).where(
    identities.c.issuer == bindparam("issuer"), identities.c.subject == bindparam("subject")
)
OF_MEMBER = (
    select(*COLUMNS)
    .where(identities.c.member_id == bindparam("member_id"))
    .order_by(identities.c.created_at, identities.c.subject)
)
USED = (
    update(identities)
    .where(identities.c.issuer == bindparam("b_issuer"), identities.c.subject == bindparam("b_subject"))
    .values(email=bindparam("b_email"), used_at=bindparam("b_now"))
)
REMOVE_OF_MEMBER = delete(identities).where(identities.c.member_id == bindparam("member_id"))


async def add(tx: Tx, row: IdentityRow) -> bool:
    """Add an identity; False if it belongs to somebody."""
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def find(tx: Tx, issuer: str, subject: str) -> IdentityRow | None:
    return row_or_none(IdentityRow, await tx.one(FIND, issuer=issuer, subject=subject))


async def of_member(tx: Tx, member_id: int) -> list[IdentityRow]:
    return rows(IdentityRow, await tx.all(OF_MEMBER, member_id=member_id))


async def used(tx: Tx, issuer: str, subject: str, email: str) -> None:
    await tx.run(USED, b_issuer=issuer, b_subject=subject, b_email=email, b_now=tx.now)


async def remove_of_member(tx: Tx, member_id: int) -> None:
    await tx.run(REMOVE_OF_MEMBER, member_id=member_id)
