"""Reports."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import BigInteger, Text, and_, bindparam, func, or_, select, update

from storage.engine import Page, ReadTx, Tx
from storage.rows.moderation import ReportRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.moderation import reports

COLUMNS = columns_of(reports, ReportRow)
INSERT = upsert(reports).on_conflict_do_nothing()
FIND = select(*COLUMNS).where(reports.c.id == bindparam("id"))
FIND_BY_URI = select(*COLUMNS).where(reports.c.uri == bindparam("uri"))
LOAD_BY_IDS = select(*COLUMNS).where(one_of(reports.c.id, "ids"))
_state = bindparam("state", type_=Text())
_account = bindparam("account_id", type_=BigInteger())
_target = bindparam("target_id", type_=BigInteger())
_category, _origin = bindparam("category", type_=Text()), bindparam("origin", type_=Text())
_assigned = bindparam("assigned_id", type_=BigInteger())
_reporter = accounts.alias("reporter")
UNASSIGNED = -1
LIST_PAGE = PagedStatement(
    select(*COLUMNS)
    .join(_reporter, _reporter.c.id == reports.c.account_id)
    .where(
        or_(
            and_(_state == "open", reports.c.resolved_at.is_(None)),
            and_(_state == "resolved", reports.c.resolved_at.is_not(None)),
            _state == "all",
        ),
        or_(_account == 0, reports.c.account_id == _account),
        or_(_target == 0, reports.c.target_id == _target),
        or_(_category == "", reports.c.category == _category),
        or_(
            _assigned == 0,
            and_(_assigned == UNASSIGNED, reports.c.assigned_id.is_(None)),
            reports.c.assigned_id == _assigned,
        ),
        or_(
            _origin == "",
            and_(_origin == "local", _reporter.c.domain == ""),
            and_(_origin == "remote", _reporter.c.domain != ""),
        ),
    ),
    reports.c.id,
)
LIST_OPEN_BY_TARGET = select(*COLUMNS).where(
    reports.c.target_id == bindparam("target_id"), reports.c.resolved_at.is_(None)
)
COUNT_OPEN = select(func.count()).select_from(reports).where(reports.c.resolved_at.is_(None))
CHANGEABLE = ("category", "rule_ids", "assigned_id", "resolved_at", "resolved_by_id", "updated_at")
UPDATE = (
    update(reports)
    .where(reports.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in CHANGEABLE})
)


async def insert(tx: Tx, row: ReportRow) -> bool:
    """Insert a report; return False if its Flag activity was received before."""
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def find(tx: ReadTx, report_id: int) -> ReportRow | None:
    return to_row_or_none(ReportRow, await tx.one(FIND, id=report_id))


async def find_by_uri(tx: ReadTx, uri: str) -> ReportRow | None:
    return to_row_or_none(ReportRow, await tx.one(FIND_BY_URI, uri=uri))


async def load_by_ids(tx: ReadTx, ids: Sequence[int]) -> list[ReportRow]:
    return to_rows(ReportRow, await tx.all(LOAD_BY_IDS, ids=list(ids)))


async def list_page(
    tx: ReadTx,
    page: Page,
    state: str,
    account_id: int,
    target_id: int,
    *,
    category: str = "",
    assigned_id: int = 0,
    origin: str = "",
) -> list[ReportRow]:
    """Return a page of reports, newest first; `state` is open, resolved or all.

    An id of 0 and '' mean any; `assigned_id` may be UNASSIGNED; `origin` is local or remote, of the reporter.
    """
    params = {"state": state, "account_id": account_id, "target_id": target_id, "category": category}
    params |= {"assigned_id": assigned_id, "origin": origin}
    rows = to_rows(ReportRow, await tx.all(LIST_PAGE.for_page(page), **params, **page.bind_params()))
    return sorted(rows, key=lambda row: row.id, reverse=True)


async def list_open_by_target(tx: ReadTx, target_id: int) -> list[ReportRow]:
    return to_rows(ReportRow, await tx.all(LIST_OPEN_BY_TARGET, target_id=target_id))


async def count_open(tx: ReadTx) -> int:
    return int(await tx.value(COUNT_OPEN))


async def update_report(tx: Tx, row: ReportRow) -> None:
    """Update the columns in CHANGEABLE."""
    values = {f"b_{name}": getattr(row, name) for name in CHANGEABLE}
    await tx.run(UPDATE, b_id=row.id, **values)
