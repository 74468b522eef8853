"""Appeals."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, func, select, update

from storage.engine import Page, ReadTx, Tx
from storage.rows.moderation import AppealRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.moderation import appeals

COLUMNS = columns_of(appeals, AppealRow)
INSERT = upsert(appeals).on_conflict_do_nothing()
FIND = select(*COLUMNS).where(appeals.c.id == bindparam("id"))
LOAD_BY_ENTRIES = select(*COLUMNS).where(one_of(appeals.c.act_id, "act_ids"))
LIST_BY_STATE = {
    "open": PagedStatement(select(*COLUMNS).where(appeals.c.decided_at.is_(None)), appeals.c.id),
    "decided": PagedStatement(select(*COLUMNS).where(appeals.c.decided_at.is_not(None)), appeals.c.id),
}
COUNT_OPEN = select(func.count()).select_from(appeals).where(appeals.c.decided_at.is_(None))
MARK_DECIDED = (
    update(appeals)
    .where(appeals.c.id == bindparam("b_id"), appeals.c.decided_at.is_(None))
    .values({name: bindparam(f"b_{name}") for name in ("decided_at", "decided_by_id", "approved", "answer")})
)


async def insert(tx: Tx, row: AppealRow) -> bool:
    """Insert an appeal; return False if there is one against the action."""
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def find(tx: ReadTx, appeal_id: int) -> AppealRow | None:
    return to_row_or_none(AppealRow, await tx.one(FIND, id=appeal_id))


async def load_by_entries(tx: ReadTx, entry_ids: Sequence[int]) -> dict[int, AppealRow]:
    """Return appeals by the id of the contested entry of the audit log."""
    rows = to_rows(AppealRow, await tx.all(LOAD_BY_ENTRIES, act_ids=list(entry_ids)))
    return {row.act_id: row for row in rows}


async def list_by_state(tx: ReadTx, page: Page, state: str) -> list[AppealRow]:
    """Return a page of appeals, newest first; `state` is open or decided."""
    rows = to_rows(AppealRow, await tx.all(LIST_BY_STATE[state].for_page(page), **page.bind_params()))
    return sorted(rows, key=lambda row: row.id, reverse=True)


async def count_open(tx: ReadTx) -> int:
    return int(await tx.value(COUNT_OPEN))


async def mark_decided(tx: Tx, row: AppealRow) -> bool:
    """Store a decision; return False if there is one."""
    values = {
        f"b_{name}": getattr(row, name) for name in ("decided_at", "decided_by_id", "approved", "answer")
    }
    return bool(await tx.run(MARK_DECIDED, b_id=row.id, **values))
