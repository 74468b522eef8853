"""Notes of moderators about accounts."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, select

from storage.engine import ReadTx, Tx
from storage.rows.moderation import ModerationNoteRow
from storage.statements import columns_of, to_rows, upsert
from storage.tables.moderation import moderation_notes

INSERT = upsert(moderation_notes)
LIST_BY_ACCOUNT = (
    select(*columns_of(moderation_notes, ModerationNoteRow))
    .where(moderation_notes.c.account_id == bindparam("account_id"))
    .order_by(moderation_notes.c.id.desc())
    .limit(bindparam("limit"))
)
DELETE = delete(moderation_notes).where(
    moderation_notes.c.id == bindparam("id"), moderation_notes.c.account_id == bindparam("account_id")
)


async def insert(tx: Tx, row: ModerationNoteRow) -> None:
    await tx.run(INSERT, **structs.asdict(row))


async def list_by_account(tx: ReadTx, account_id: int, limit: int) -> list[ModerationNoteRow]:
    """Return the notes on an account, newest first."""
    return to_rows(ModerationNoteRow, await tx.all(LIST_BY_ACCOUNT, account_id=account_id, limit=limit))


async def delete_by_id(tx: Tx, account_id: int, note_id: int) -> bool:
    return bool(await tx.run(DELETE, account_id=account_id, id=note_id))
