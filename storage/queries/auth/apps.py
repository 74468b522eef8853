"""Client programs."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, select

from storage.engine import Tx
from storage.rows.auth import AppRow
from storage.statements import columns_of, one_of, row_or_none, rows, upsert
from storage.tables.auth import apps

COLUMNS = columns_of(apps, AppRow)
ADD = upsert(apps)
BY_ID = select(*COLUMNS).where(apps.c.id == bindparam("id"))
BY_IDS = select(*COLUMNS).where(one_of(apps.c.id, "ids"))
BY_CLIENT_ID = select(*COLUMNS).where(apps.c.client_id == bindparam("client_id"))


async def add(tx: Tx, row: AppRow) -> None:
    await tx.run(ADD, **structs.asdict(row))


async def by_id(tx: Tx, app_id: int) -> AppRow | None:
    return row_or_none(AppRow, await tx.one(BY_ID, id=app_id))


async def by_ids(tx: Tx, ids: Sequence[int]) -> dict[int, AppRow]:
    return {row.id: row for row in rows(AppRow, await tx.all(BY_IDS, ids=list(ids)))}


async def by_client_id(tx: Tx, client_id: str) -> AppRow | None:
    return row_or_none(AppRow, await tx.one(BY_CLIENT_ID, client_id=client_id))
