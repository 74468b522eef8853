"""What members have written in forms and not sent yet. Statements name the owner."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs
from sqlalchemy import bindparam, delete, func, select

from storage.engine import ReadTx, Tx
from storage.rows.content import AutosaveRow
from storage.statements import columns_of, to_row_or_none, to_rows, upsert
from storage.tables.content import autosave_media, autosaves

COLUMNS = columns_of(autosaves, AutosaveRow)
_by_account = select(*COLUMNS).where(autosaves.c.account_id == bindparam("account_id"))
FIND = _by_account.where(autosaves.c.slot == bindparam("slot"))
LIST_BY_ACCOUNT = _by_account.order_by(autosaves.c.saved_at.desc(), autosaves.c.id.desc())
COUNT_OTHERS = select(func.count()).where(
    autosaves.c.account_id == bindparam("account_id"), autosaves.c.slot != bindparam("slot")
)
_upsert = upsert(autosaves)
UPSERT = _upsert.on_conflict_do_update(
    index_elements=["account_id", "slot"],
    set_={name: _upsert.excluded[name] for name in ("fields", "saved_at")},
)
DELETE = delete(autosaves).where(
    autosaves.c.account_id == bindparam("b_account_id"), autosaves.c.slot == bindparam("b_slot")
)
PURGE = delete(autosaves).where(autosaves.c.saved_at < bindparam("b_before"))
INSERT_MEDIA = upsert(autosave_media).on_conflict_do_nothing()
DELETE_MEDIA = delete(autosave_media).where(autosave_media.c.autosave_id == bindparam("b_autosave_id"))


async def find(tx: ReadTx, account_id: int, slot: str) -> AutosaveRow | None:
    return to_row_or_none(AutosaveRow, await tx.one(FIND, account_id=account_id, slot=slot))


async def list_by_account(tx: ReadTx, account_id: int) -> list[AutosaveRow]:
    """Return what an account has written, the last one first."""
    return to_rows(AutosaveRow, await tx.all(LIST_BY_ACCOUNT, account_id=account_id))


async def count_others(tx: ReadTx, account_id: int, slot: str) -> int:
    """Return how many forms of an account are stored, without this one."""
    return int(await tx.value(COUNT_OTHERS, account_id=account_id, slot=slot))


async def upsert_autosave(tx: Tx, row: AutosaveRow) -> None:
    """Store a form in the place of what was stored of it; the row keeps its former id."""
    await tx.run(UPSERT, **structs.asdict(row))


async def replace_media(tx: Tx, autosave_id: int, media_ids: Iterable[int]) -> None:
    """Store which files a form has."""
    await tx.run(DELETE_MEDIA, b_autosave_id=autosave_id)
    await tx.run_many(
        INSERT_MEDIA, [{"autosave_id": autosave_id, "media_id": media_id} for media_id in media_ids]
    )


async def delete_by_slot(tx: Tx, account_id: int, slot: str) -> bool:
    return bool(await tx.run(DELETE, b_account_id=account_id, b_slot=slot))


async def purge_expired(tx: Tx, before: int) -> None:
    """Delete what was saved last before a time (ms UTC)."""
    await tx.run(PURGE, b_before=before)
