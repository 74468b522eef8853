"""Legal texts by kind and day."""

from __future__ import annotations

from sqlalchemy import asc, bindparam, delete, select

from storage.engine import ReadTx, Tx
from storage.rows.settings import LegalTextRow
from storage.statements import columns_of, to_row_or_none, upsert
from storage.tables.settings import legal_texts

COLUMNS = columns_of(legal_texts, LegalTextRow)
FIND = select(*COLUMNS).where(
    legal_texts.c.kind == bindparam("kind"), legal_texts.c.effective_from == bindparam("effective_from")
)
# Without the texts, which may be long.
LIST_VERSIONS = select(legal_texts.c.kind, legal_texts.c.effective_from).order_by(
    asc(legal_texts.c.kind), asc(legal_texts.c.effective_from)
)
_text = upsert(legal_texts)
SET = _text.on_conflict_do_update(
    index_elements=["kind", "effective_from"],
    set_={"source": _text.excluded.source, "updated_at": _text.excluded.updated_at},
)
DELETE = delete(legal_texts).where(
    legal_texts.c.kind == bindparam("b_kind"),
    legal_texts.c.effective_from == bindparam("b_effective_from"),
)


async def find(tx: ReadTx, kind: str, effective_from: str = "") -> LegalTextRow | None:
    """Return a legal text, None if there is none."""
    return to_row_or_none(LegalTextRow, await tx.one(FIND, kind=kind, effective_from=effective_from))


async def list_versions(tx: ReadTx) -> list[tuple[str, str]]:
    """Return the kind and the day of each text, the oldest day first."""
    return [(row[0], row[1]) for row in await tx.all(LIST_VERSIONS)]


async def set_text(tx: Tx, row: LegalTextRow) -> None:
    """Add a text, or replace the one of its kind and day."""
    await tx.run(
        SET,
        id=row.id,
        kind=row.kind,
        effective_from=row.effective_from,
        source=row.source,
        updated_at=row.updated_at,
    )


async def remove(tx: Tx, kind: str, effective_from: str) -> None:
    """Delete the text of a kind and day."""
    await tx.run(DELETE, b_kind=kind, b_effective_from=effective_from)
