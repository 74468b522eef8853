"""Reports."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import BigInteger, Text, and_, bindparam, func, or_, select, update

from storage.engine import Tx
from storage.paging import Page
from storage.rows.moderation import ReportRow
from storage.statements import Paged, columns_of, one_of, row_or_none, rows, upsert
from storage.tables.moderation import reports

COLUMNS = columns_of(reports, ReportRow)
ADD = upsert(reports).on_conflict_do_nothing()
BY_ID = select(*COLUMNS).where(reports.c.id == bindparam("id"))
BY_IDS = select(*COLUMNS).where(one_of(reports.c.id, "ids"))
_state = bindparam("state", type_=Text())
_account = bindparam("account_id", type_=BigInteger())
_target = bindparam("target_id", type_=BigInteger())
PAGE = Paged(
    select(*COLUMNS).where(
        or_(
            and_(_state == "open", reports.c.resolved_at.is_(None)),
            and_(_state == "resolved", reports.c.resolved_at.is_not(None)),
            _state == "all",
        ),
        or_(_account == 0, reports.c.account_id == _account),
        or_(_target == 0, reports.c.target_id == _target),
    ),
    reports.c.id,
)
OPEN_ABOUT = select(*COLUMNS).where(
    reports.c.target_id == bindparam("target_id"), reports.c.resolved_at.is_(None)
)
COUNT_OPEN = select(func.count()).select_from(reports).where(reports.c.resolved_at.is_(None))
CHANGEABLE = ("category", "rule_ids", "assigned_id", "resolved_at", "resolved_by_id", "updated_at")
CHANGE = (
    update(reports)
    .where(reports.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in CHANGEABLE})
)


async def add(tx: Tx, row: ReportRow) -> bool:
    """Keep a report; False if the Flag that brings it came before."""
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def by_id(tx: Tx, report_id: int) -> ReportRow | None:
    return row_or_none(ReportRow, await tx.one(BY_ID, id=report_id))


async def by_ids(tx: Tx, ids: Sequence[int]) -> list[ReportRow]:
    return rows(ReportRow, await tx.all(BY_IDS, ids=list(ids)))


async def page(tx: Tx, page: Page, state: str, account_id: int, target_id: int) -> list[ReportRow]:
    """`state` is open, resolved or all; 0 stands for anybody. Newest first."""
    params = {"state": state, "account_id": account_id, "target_id": target_id, **page.params()}
    found = rows(ReportRow, await tx.all(PAGE.towards(page), **params))
    return sorted(found, key=lambda row: row.id, reverse=True)


async def open_about(tx: Tx, target_id: int) -> list[ReportRow]:
    return rows(ReportRow, await tx.all(OPEN_ABOUT, target_id=target_id))


async def count_open(tx: Tx) -> int:
    return int(await tx.value(COUNT_OPEN))


async def change(tx: Tx, row: ReportRow) -> None:
    """Write the CHANGEABLE columns."""
    values = {f"b_{name}": getattr(row, name) for name in CHANGEABLE}
    await tx.run(CHANGE, b_id=row.id, **values)
