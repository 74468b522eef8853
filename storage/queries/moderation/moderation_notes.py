"""Notes of moderators about accounts."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, select

from storage.engine import Tx
from storage.rows.moderation import ModerationNoteRow
from storage.statements import columns_of, rows, upsert
from storage.tables.moderation import moderation_notes

ADD = upsert(moderation_notes)
OF_ACCOUNT = (
    select(*columns_of(moderation_notes, ModerationNoteRow))
    .where(moderation_notes.c.account_id == bindparam("account_id"))
    .order_by(moderation_notes.c.id.desc())
    .limit(bindparam("limit"))
)
REMOVE = delete(moderation_notes).where(
    moderation_notes.c.id == bindparam("id"), moderation_notes.c.account_id == bindparam("account_id")
)


async def add(tx: Tx, row: ModerationNoteRow) -> None:
    await tx.run(ADD, **structs.asdict(row))


async def of_account(tx: Tx, account_id: int, limit: int) -> list[ModerationNoteRow]:
    """Newest first."""
    return rows(ModerationNoteRow, await tx.all(OF_ACCOUNT, account_id=account_id, limit=limit))


async def remove(tx: Tx, account_id: int, note_id: int) -> bool:
    return bool(await tx.run(REMOVE, account_id=account_id, id=note_id))
