"""What browsers were asked."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, desc, select

from storage.engine import Tx
from storage.rows.auth import ChallengeRow
from storage.statements import columns_of, row_or_none, upsert
from storage.tables.auth import challenges

COLUMNS = columns_of(challenges, ChallengeRow)
ADD = upsert(challenges)
FIND = select(*COLUMNS).where(challenges.c.word_hash == bindparam("word_hash"))
OF_HOLDER = (
    select(*COLUMNS)
    .where(challenges.c.holder_hash == bindparam("holder_hash"), challenges.c.purpose == bindparam("purpose"))
    .order_by(desc(challenges.c.created_at))
    .limit(1)
)
DROP = delete(challenges).where(challenges.c.word_hash == bindparam("word_hash"))
DROP_OF_HOLDER = delete(challenges).where(
    challenges.c.holder_hash == bindparam("holder_hash"), challenges.c.purpose == bindparam("purpose")
)
DROP_OLD = delete(challenges).where(challenges.c.expires_at <= bindparam("until"))


async def add(tx: Tx, row: ChallengeRow) -> None:
    await tx.run(ADD, **structs.asdict(row))


async def find(tx: Tx, word_hash: str) -> ChallengeRow | None:
    return row_or_none(ChallengeRow, await tx.one(FIND, word_hash=word_hash))


async def of_holder(tx: Tx, holder_hash: str, purpose: str) -> ChallengeRow | None:
    """The newest of a holder."""
    return row_or_none(ChallengeRow, await tx.one(OF_HOLDER, holder_hash=holder_hash, purpose=purpose))


async def drop(tx: Tx, word_hash: str) -> bool:
    """Use it up; False if somebody did before."""
    return bool(await tx.run(DROP, word_hash=word_hash))


async def drop_of_holder(tx: Tx, holder_hash: str, purpose: str) -> None:
    await tx.run(DROP_OF_HOLDER, holder_hash=holder_hash, purpose=purpose)


async def drop_old(tx: Tx, until: int) -> None:
    await tx.run(DROP_OLD, until=until)
