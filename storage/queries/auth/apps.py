"""OAuth client apps."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, select

from storage.engine import ReadTx, Tx
from storage.rows.auth import AppRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.auth import apps

COLUMNS = columns_of(apps, AppRow)
INSERT = upsert(apps)
FIND = select(*COLUMNS).where(apps.c.id == bindparam("id"))
LOAD_BY_IDS = select(*COLUMNS).where(one_of(apps.c.id, "ids"))
FIND_BY_CLIENT_ID = select(*COLUMNS).where(apps.c.client_id == bindparam("client_id"))


async def insert(tx: Tx, row: AppRow) -> None:
    await tx.run(INSERT, **structs.asdict(row))


async def find(tx: ReadTx, app_id: int) -> AppRow | None:
    return to_row_or_none(AppRow, await tx.one(FIND, id=app_id))


async def load_by_ids(tx: ReadTx, ids: Sequence[int]) -> dict[int, AppRow]:
    return {row.id: row for row in to_rows(AppRow, await tx.all(LOAD_BY_IDS, ids=list(ids)))}


async def find_by_client_id(tx: ReadTx, client_id: str) -> AppRow | None:
    return to_row_or_none(AppRow, await tx.one(FIND_BY_CLIENT_ID, client_id=client_id))
