"""Appeals."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, func, select, update

from storage.engine import Tx
from storage.paging import Page
from storage.rows.moderation import AppealRow
from storage.statements import Paged, columns_of, one_of, row_or_none, rows, upsert
from storage.tables.moderation import appeals

COLUMNS = columns_of(appeals, AppealRow)
ADD = upsert(appeals).on_conflict_do_nothing()
BY_ID = select(*COLUMNS).where(appeals.c.id == bindparam("id"))
OF_ACTS = select(*COLUMNS).where(one_of(appeals.c.act_id, "act_ids"))
PAGES = {
    "open": Paged(select(*COLUMNS).where(appeals.c.decided_at.is_(None)), appeals.c.id),
    "decided": Paged(select(*COLUMNS).where(appeals.c.decided_at.is_not(None)), appeals.c.id),
}
COUNT_OPEN = select(func.count()).select_from(appeals).where(appeals.c.decided_at.is_(None))
DECIDE = (
    update(appeals)
    .where(appeals.c.id == bindparam("b_id"), appeals.c.decided_at.is_(None))
    .values({name: bindparam(f"b_{name}") for name in ("decided_at", "decided_by_id", "approved", "answer")})
)


async def add(tx: Tx, row: AppealRow) -> bool:
    """False if there is one against the act already."""
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def by_id(tx: Tx, appeal_id: int) -> AppealRow | None:
    return row_or_none(AppealRow, await tx.one(BY_ID, id=appeal_id))


async def of_acts(tx: Tx, act_ids: Sequence[int]) -> dict[int, AppealRow]:
    """By the act that they are against."""
    found = rows(AppealRow, await tx.all(OF_ACTS, act_ids=list(act_ids)))
    return {row.act_id: row for row in found}


async def page(tx: Tx, page: Page, state: str) -> list[AppealRow]:
    """`state` is open or decided. Newest first."""
    found = rows(AppealRow, await tx.all(PAGES[state].towards(page), **page.params()))
    return sorted(found, key=lambda row: row.id, reverse=True)


async def count_open(tx: Tx) -> int:
    found: int = await tx.value(COUNT_OPEN)
    return found


async def decide(tx: Tx, row: AppealRow) -> bool:
    """Keep what was decided; False if it was decided before."""
    values = {
        f"b_{name}": getattr(row, name) for name in ("decided_at", "decided_by_id", "approved", "answer")
    }
    return bool(await tx.run(DECIDE, b_id=row.id, **values))
