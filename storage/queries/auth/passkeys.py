"""Passkeys."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, select, update

from storage.engine import Tx
from storage.rows.auth import PasskeyRow
from storage.statements import columns_of, row_or_none, rows, upsert
from storage.tables.auth import passkeys

COLUMNS = columns_of(passkeys, PasskeyRow)
ADD = upsert(passkeys).on_conflict_do_nothing()
BY_CREDENTIAL = select(*COLUMNS).where(passkeys.c.credential_id == bindparam("credential_id"))
OF_MEMBER = select(*COLUMNS).where(passkeys.c.member_id == bindparam("member_id")).order_by(passkeys.c.id)
USED = (
    update(passkeys)
    .where(passkeys.c.id == bindparam("b_id"), passkeys.c.sign_count == bindparam("b_former"))
    .values(sign_count=bindparam("b_count"), used_at=bindparam("b_now"))
)
RENAME = (
    update(passkeys)
    .where(passkeys.c.id == bindparam("b_id"), passkeys.c.member_id == bindparam("b_member_id"))
    .values(name=bindparam("b_name"))
)
REMOVE = delete(passkeys).where(
    passkeys.c.id == bindparam("id"), passkeys.c.member_id == bindparam("member_id")
)
REMOVE_ALL = delete(passkeys).where(passkeys.c.member_id == bindparam("member_id"))


async def add(tx: Tx, row: PasskeyRow) -> bool:
    """Add a passkey; False if it is registered already."""
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def by_credential(tx: Tx, credential_id: str) -> PasskeyRow | None:
    return row_or_none(PasskeyRow, await tx.one(BY_CREDENTIAL, credential_id=credential_id))


async def of_member(tx: Tx, member_id: int) -> list[PasskeyRow]:
    return rows(PasskeyRow, await tx.all(OF_MEMBER, member_id=member_id))


async def used(tx: Tx, row: PasskeyRow, sign_count: int) -> bool:
    """Note a use; False if somebody else used it since `row` was read."""
    return bool(await tx.run(USED, b_id=row.id, b_former=row.sign_count, b_count=sign_count, b_now=tx.now))


async def rename(tx: Tx, passkey_id: int, member_id: int, name: str) -> bool:
    return bool(await tx.run(RENAME, b_id=passkey_id, b_member_id=member_id, b_name=name))


async def remove(tx: Tx, passkey_id: int, member_id: int) -> bool:
    return bool(await tx.run(REMOVE, id=passkey_id, member_id=member_id))


async def remove_all(tx: Tx, member_id: int) -> None:
    await tx.run(REMOVE_ALL, member_id=member_id)
