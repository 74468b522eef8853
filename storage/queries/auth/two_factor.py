"""Second steps and recovery codes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, select, update

from storage.engine import ReadTx, Tx
from storage.rows.auth import TwoFactorRow
from storage.sealing.contexts import describe_two_factor
from storage.statements import columns_of, to_row_or_none, upsert
from storage.tables.auth import recovery_codes, second_steps

UPSERT = upsert(second_steps)
UPSERT = UPSERT.on_conflict_do_update(
    index_elements=["member_id"],
    set_={"secret": UPSERT.excluded.secret, "last_step": UPSERT.excluded.last_step},
)
FIND = select(*columns_of(second_steps, TwoFactorRow)).where(
    second_steps.c.member_id == bindparam("member_id")
)
MARK_STEP_USED = (
    update(second_steps)
    .where(second_steps.c.member_id == bindparam("b_id"), second_steps.c.last_step < bindparam("b_step"))
    .values(last_step=bindparam("b_step"))
)
DELETE_BY_MEMBER = delete(second_steps).where(second_steps.c.member_id == bindparam("member_id"))
INSERT_CODE = upsert(recovery_codes)
MARK_CODE_USED = (
    update(recovery_codes)
    .where(
        recovery_codes.c.member_id == bindparam("b_id"),
        recovery_codes.c.code_hash == bindparam("b_hash"),
        recovery_codes.c.used_at.is_(None),
    )
    .values(used_at=bindparam("b_now"))
)
COUNT_CODES = select(func.count()).where(
    recovery_codes.c.member_id == bindparam("member_id"), recovery_codes.c.used_at.is_(None)
)
DELETE_CODES = delete(recovery_codes).where(recovery_codes.c.member_id == bindparam("member_id"))


async def upsert_secret(tx: Tx, row: TwoFactorRow) -> None:
    """Turn the second step on, or replace its secret."""
    if row.secret is not None:
        row = structs.replace(row, secret=tx.seal(row.secret, describe_two_factor(row.member_id)))
    await tx.run(UPSERT, **structs.asdict(row))


async def find(tx: ReadTx, member_id: int) -> TwoFactorRow | None:
    row = to_row_or_none(TwoFactorRow, await tx.one(FIND, member_id=member_id))
    if row is None or row.secret is None:
        return row
    return structs.replace(row, secret=tx.unseal(row.secret, describe_two_factor(member_id)))


async def mark_step_used(tx: Tx, member_id: int, step: int) -> bool:
    """Use up the code of a time step; return False if it, or a later one, was used before."""
    return bool(await tx.run(MARK_STEP_USED, b_id=member_id, b_step=step))


async def delete_by_member(tx: Tx, member_id: int) -> None:
    await tx.run(DELETE_BY_MEMBER, member_id=member_id)


async def insert_codes(tx: Tx, member_id: int, hashes: Sequence[str]) -> None:
    await tx.run_many(
        INSERT_CODE,
        [
            {"member_id": member_id, "code_hash": code_hash, "created_at": tx.now, "used_at": None}
            for code_hash in hashes
        ],
    )


async def mark_code_used(tx: Tx, member_id: int, code_hash: str) -> bool:
    """Use up a recovery code; return False if there is none, or it was used before."""
    return bool(await tx.run(MARK_CODE_USED, b_id=member_id, b_hash=code_hash, b_now=tx.now))


async def count_codes(tx: ReadTx, member_id: int) -> int:
    """Return the number of unused codes."""
    return int(await tx.value(COUNT_CODES, member_id=member_id))


async def delete_codes(tx: Tx, member_id: int) -> None:
    await tx.run(DELETE_CODES, member_id=member_id)
