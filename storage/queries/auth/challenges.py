"""Challenges that browsers have to answer."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, desc, select

from storage.engine import ReadTx, Tx
from storage.rows.auth import ChallengeRow
from storage.statements import columns_of, to_row_or_none, upsert
from storage.tables.auth import challenges

COLUMNS = columns_of(challenges, ChallengeRow)
INSERT = upsert(challenges)
FIND = select(*COLUMNS).where(challenges.c.word_hash == bindparam("word_hash"))
FIND_BY_HOLDER = (
    select(*COLUMNS)
    .where(challenges.c.holder_hash == bindparam("holder_hash"), challenges.c.purpose == bindparam("purpose"))
    .order_by(desc(challenges.c.created_at))
    .limit(1)
)
DELETE = delete(challenges).where(challenges.c.word_hash == bindparam("word_hash"))
DELETE_BY_HOLDER = delete(challenges).where(
    challenges.c.holder_hash == bindparam("holder_hash"), challenges.c.purpose == bindparam("purpose")
)
DELETE_EXPIRED = delete(challenges).where(challenges.c.expires_at <= bindparam("until"))


async def insert(tx: Tx, row: ChallengeRow) -> None:
    await tx.run(INSERT, **structs.asdict(row))


async def find(tx: ReadTx, word_hash: str) -> ChallengeRow | None:
    return to_row_or_none(ChallengeRow, await tx.one(FIND, word_hash=word_hash))


async def find_by_holder(tx: ReadTx, holder_hash: str, purpose: str) -> ChallengeRow | None:
    """Return the newest challenge of a holder."""
    return to_row_or_none(
        ChallengeRow, await tx.one(FIND_BY_HOLDER, holder_hash=holder_hash, purpose=purpose)
    )


async def delete_by_hash(tx: Tx, word_hash: str) -> bool:
    """Delete a challenge; return False if it is gone."""
    return bool(await tx.run(DELETE, word_hash=word_hash))


async def delete_by_holder(tx: Tx, holder_hash: str, purpose: str) -> None:
    await tx.run(DELETE_BY_HOLDER, holder_hash=holder_hash, purpose=purpose)


async def delete_expired(tx: Tx, until: int) -> None:
    await tx.run(DELETE_EXPIRED, until=until)
