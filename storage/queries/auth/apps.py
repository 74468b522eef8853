"""OAuth client apps."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, exists, select, update

from storage.engine import ReadTx, Tx
from storage.rows.auth import AppRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.auth import apps, codes, tokens

COLUMNS = columns_of(apps, AppRow)
INSERT = upsert(apps)
FIND = select(*COLUMNS).where(apps.c.id == bindparam("id"))
LOAD_BY_IDS = select(*COLUMNS).where(one_of(apps.c.id, "ids"))
FIND_BY_CLIENT_ID = select(*COLUMNS).where(apps.c.client_id == bindparam("client_id"))

MARK_AUTHORIZED = (
    update(apps)
    .where(apps.c.id == bindparam("b_id"), apps.c.authorized_at.is_(None))
    .values(authorized_at=bindparam("b_now"))
)
DELETE_UNUSED = delete(apps).where(
    apps.c.authorized_at.is_(None),
    apps.c.created_at <= bindparam("until"),
    ~exists(select(tokens.c.id).where(tokens.c.app_id == apps.c.id)),
    ~exists(select(codes.c.code_hash).where(codes.c.app_id == apps.c.id)),
)


async def insert(tx: Tx, row: AppRow) -> None:
    await tx.run(INSERT, **structs.asdict(row))


async def find(tx: ReadTx, app_id: int) -> AppRow | None:
    return to_row_or_none(AppRow, await tx.one(FIND, id=app_id))


async def load_by_ids(tx: ReadTx, ids: Sequence[int]) -> dict[int, AppRow]:
    return {row.id: row for row in to_rows(AppRow, await tx.all(LOAD_BY_IDS, ids=list(ids)))}


async def find_by_client_id(tx: ReadTx, client_id: str) -> AppRow | None:
    return to_row_or_none(AppRow, await tx.one(FIND_BY_CLIENT_ID, client_id=client_id))


async def mark_authorized(tx: Tx, app_id: int) -> None:
    """Record that a member gave an app access, once."""
    await tx.run(MARK_AUTHORIZED, b_id=app_id, b_now=tx.now)


async def delete_unused(tx: Tx, until: int) -> None:
    """Delete apps of that time or before that no member ever gave access, and that have no token."""
    await tx.run(DELETE_UNUSED, until=until)
