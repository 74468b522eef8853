"""Passkeys."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, select, update

from storage.engine import ReadTx, Tx
from storage.rows.auth import PasskeyRow
from storage.statements import columns_of, to_row_or_none, to_rows, upsert
from storage.tables.auth import passkeys

COLUMNS = columns_of(passkeys, PasskeyRow)
INSERT = upsert(passkeys).on_conflict_do_nothing()
FIND_BY_CREDENTIAL = select(*COLUMNS).where(passkeys.c.credential_id == bindparam("credential_id"))
LIST_BY_MEMBER = (
    select(*COLUMNS).where(passkeys.c.member_id == bindparam("member_id")).order_by(passkeys.c.id)
)
MARK_USED = (
    update(passkeys)
    .where(passkeys.c.id == bindparam("b_id"), passkeys.c.sign_count == bindparam("b_former"))
    .values(sign_count=bindparam("b_count"), used_at=bindparam("b_now"))
)
RENAME = (
    update(passkeys)
    .where(passkeys.c.id == bindparam("b_id"), passkeys.c.member_id == bindparam("b_member_id"))
    .values(name=bindparam("b_name"))
)
DELETE = delete(passkeys).where(
    passkeys.c.id == bindparam("id"), passkeys.c.member_id == bindparam("member_id")
)
DELETE_BY_MEMBER = delete(passkeys).where(passkeys.c.member_id == bindparam("member_id"))


async def insert(tx: Tx, row: PasskeyRow) -> bool:
    """Add a passkey; return False if it is registered already."""
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def find_by_credential(tx: ReadTx, credential_id: str) -> PasskeyRow | None:
    return to_row_or_none(PasskeyRow, await tx.one(FIND_BY_CREDENTIAL, credential_id=credential_id))


async def list_by_member(tx: ReadTx, member_id: int) -> list[PasskeyRow]:
    return to_rows(PasskeyRow, await tx.all(LIST_BY_MEMBER, member_id=member_id))


async def mark_used(tx: Tx, row: PasskeyRow, sign_count: int) -> bool:
    """Record a use; return False if the passkey was used since `row` was read."""
    return bool(
        await tx.run(MARK_USED, b_id=row.id, b_former=row.sign_count, b_count=sign_count, b_now=tx.now)
    )


async def rename(tx: Tx, passkey_id: int, member_id: int, name: str) -> bool:
    return bool(await tx.run(RENAME, b_id=passkey_id, b_member_id=member_id, b_name=name))


async def delete_by_id(tx: Tx, passkey_id: int, member_id: int) -> bool:
    return bool(await tx.run(DELETE, id=passkey_id, member_id=member_id))


async def delete_by_member(tx: Tx, member_id: int) -> None:
    await tx.run(DELETE_BY_MEMBER, member_id=member_id)
