"""Reports and the work of moderators on them.

docs.joinmastodon.org/methods/admin/reports
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.moderation import rules
from storage.engine import Page, ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.queries.moderation import reports as report_queries
from storage.rows.auth import MemberRow
from storage.rows.moderation import ReportRow

CATEGORIES = ("spam", "legal", "violation", "other")
UNASSIGNED = report_queries.UNASSIGNED
_encode_ids = msgspec.json.Encoder().encode
_decode_ids = msgspec.json.Decoder(tuple[int, ...]).decode


def encode_ids(ids: Sequence[int]) -> str:
    """Return ids as the JSON columns of a report hold them."""
    return _encode_ids(ids).decode()


def post_ids(row: ReportRow) -> tuple[int, ...]:
    """Return the ids of the reported posts."""
    return _decode_ids(row.post_ids)


def rule_ids(row: ReportRow) -> tuple[int, ...]:
    """Return the numbers of the rules that the report says were broken."""
    return _decode_ids(row.rule_ids)


def encode_rules(row: ReportRow) -> str:
    """Return the numbers of the broken rules as the audit log holds them."""
    return ",".join(str(number) for number in rule_ids(row))


def check_category(category: str) -> None:
    """Raise InvalidError for an unknown category."""
    if category not in CATEGORIES:
        raise InvalidError("category", f"must be one of {', '.join(CATEGORIES)}")


async def get(tx: ReadTx, report_id: int) -> ReportRow:
    """Return a report. Raises NotFoundError."""
    row = await report_queries.find(tx, report_id)
    if row is None:
        raise NotFoundError
    return row


async def find_by_target(tx: ReadTx, report_id: int | None, account_id: int) -> ReportRow | None:
    """Return the report, None without an id. Raises NotFoundError if it is not about that account."""
    if report_id is None:
        return None
    row = await get(tx, report_id)
    if row.target_id != account_id:
        raise NotFoundError
    return row


async def list_page(
    tx: ReadTx,
    page: Page,
    state: str,
    *,
    account_id: int = 0,
    target_id: int = 0,
    category: str = "",
    assigned_id: int = 0,
    origin: str = "",
) -> list[ReportRow]:
    """Return a page of reports, newest first.

    `state` is open, resolved or all; an id of 0 and '' mean any. `assigned_id` may be UNASSIGNED; `origin` is
    that of the reporter, local or remote.
    """
    return await report_queries.list_page(
        tx,
        page,
        state,
        account_id,
        target_id,
        category=category,
        assigned_id=assigned_id,
        origin=origin,
    )


async def count_open(tx: ReadTx) -> int:
    """Return how many reports are open."""
    return await report_queries.count_open(tx)


async def _save(tx: Tx, moderator: MemberRow | None, verb: str, row: ReportRow) -> ReportRow:
    row = structs.replace(row, updated_at=tx.now)
    await audit_log.record(tx, moderator, f"report.{verb}", target=f"report:{row.id}", rule=encode_rules(row))
    await report_queries.update_report(tx, row)
    return row


async def classify(
    tx: Tx,
    site: NodeContext,
    moderator: MemberRow,
    report_id: int,
    category: str | None,
    broken_rules: Sequence[int] | None,
) -> ReportRow:
    """Change category and rules of a report; None keeps them. Raises NotFoundError, InvalidError."""
    row = await get(tx, report_id)
    category = row.category if category is None else category
    check_category(category)
    numbers = (
        rule_ids(row) if broken_rules is None else rules.check_numbers(site, broken_rules, rule_ids(row))
    )
    row = structs.replace(
        row, category=category, rule_ids=encode_ids(numbers if category == "violation" else ())
    )
    return await _save(tx, moderator, "classify", row)


async def assign(tx: Tx, moderator: MemberRow, report_id: int, account_id: int | None) -> ReportRow:
    """Assign a report to a moderator's account, or (None) to nobody. Raises NotFoundError."""
    row = structs.replace(await get(tx, report_id), assigned_id=account_id)
    return await _save(tx, moderator, "assign" if account_id is not None else "unassign", row)


async def resolve(tx: Tx, moderator: MemberRow, report_id: int) -> ReportRow:
    """Resolve a report. Raises NotFoundError."""
    return await _resolve(tx, moderator, await get(tx, report_id))


async def _resolve(tx: Tx, moderator: MemberRow | None, row: ReportRow) -> ReportRow:
    if row.resolved_at is not None:
        return row
    account_id = (
        await member_queries.find_main_account_id(tx, moderator.id) if moderator is not None else None
    )
    row = structs.replace(row, resolved_at=tx.now, resolved_by_id=account_id)
    return await _save(tx, moderator, "resolve", row)


async def reopen(tx: Tx, moderator: MemberRow, report_id: int) -> ReportRow:
    """Reopen a resolved report. Raises NotFoundError."""
    row = await get(tx, report_id)
    if row.resolved_at is None:
        return row
    row = structs.replace(row, resolved_at=None, resolved_by_id=None)
    return await _save(tx, moderator, "reopen", row)


async def resolve_related(
    tx: Tx, moderator: MemberRow | None, account_id: int, report: ReportRow | None, *, resolves_all: bool
) -> None:
    """Resolve the report that led to an action on an account, or all open reports about the account."""
    rows = await report_queries.list_open_by_target(tx, account_id) if resolves_all else []
    if not resolves_all and report is not None:
        rows = [report]
    for row in rows:
        await _resolve(tx, moderator, row)
