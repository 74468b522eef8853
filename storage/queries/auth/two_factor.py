"""Second steps and recovery codes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, select, update

from storage.engine import Tx
from storage.rows.auth import SecondStepRow
from storage.statements import columns_of, row_or_none, upsert
from storage.tables.auth import recovery_codes, second_steps

PUT = upsert(second_steps)
PUT = PUT.on_conflict_do_update(
    index_elements=["member_id"],
    set_={"secret": PUT.excluded.secret, "last_step": PUT.excluded.last_step},
)
FIND = select(*columns_of(second_steps, SecondStepRow)).where(
    second_steps.c.member_id == bindparam("member_id")
)
TAKE_STEP = (
    update(second_steps)
    .where(second_steps.c.member_id == bindparam("b_id"), second_steps.c.last_step < bindparam("b_step"))
    .values(last_step=bindparam("b_step"))
)
REMOVE = delete(second_steps).where(second_steps.c.member_id == bindparam("member_id"))
ADD_CODE = upsert(recovery_codes)
USE_CODE = (
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
DROP_CODES = delete(recovery_codes).where(recovery_codes.c.member_id == bindparam("member_id"))


async def put(tx: Tx, row: SecondStepRow) -> None:
    """Turn the second step on, or give it another secret."""
    await tx.run(PUT, **structs.asdict(row))


async def find(tx: Tx, member_id: int) -> SecondStepRow | None:
    return row_or_none(SecondStepRow, await tx.one(FIND, member_id=member_id))


async def take_step(tx: Tx, member_id: int, step: int) -> bool:
    """Use up the code of a step of time; False if it, or a later one, was used before."""
    return bool(await tx.run(TAKE_STEP, b_id=member_id, b_step=step))


async def remove(tx: Tx, member_id: int) -> None:
    await tx.run(REMOVE, member_id=member_id)


async def add_codes(tx: Tx, member_id: int, hashes: Sequence[str]) -> None:
    await tx.run_many(
        ADD_CODE,
        [
            {"member_id": member_id, "code_hash": each, "created_at": tx.now, "used_at": None}
            for each in hashes
        ],
    )


async def use_code(tx: Tx, member_id: int, code_hash: str) -> bool:
    """Use a recovery code up; False if there is none, or it was used before."""
    return bool(await tx.run(USE_CODE, b_id=member_id, b_hash=code_hash, b_now=tx.now))


async def count_codes(tx: Tx, member_id: int) -> int:
    """How many are left."""
    return int(await tx.value(COUNT_CODES, member_id=member_id))


async def drop_codes(tx: Tx, member_id: int) -> None:
    await tx.run(DROP_CODES, member_id=member_id)
