"""Acts of moderators and admins: added, never changed."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, select

from storage.rows import ActRow
from storage.schema.tables import acts
from storage.statements import Tx, columns_of, rows, upsert

ADD = upsert(acts)
LAST = select(acts.c.hash).order_by(acts.c.id.desc()).limit(1)
LATEST = select(*columns_of(acts, ActRow)).order_by(acts.c.id.desc()).limit(bindparam("limit"))


async def add(tx: Tx, row: ActRow) -> None:
    await tx.run(ADD, **structs.asdict(row))


async def last_hash(tx: Tx) -> str:
    """The hash of the newest act, '' before the first."""
    return await tx.value(LAST) or ""


async def latest(tx: Tx, limit: int) -> list[ActRow]:
    return rows(ActRow, await tx.all(LATEST, limit=limit))
