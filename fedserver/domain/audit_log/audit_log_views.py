"""Log entries with the names of who made them: two statements for any number of entries."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from storage.engine import Page, ReadTx
from storage.queries.auth import members as member_queries
from storage.rows.audit_log import LogEntryRow

OPERATOR = ""


class LogEntryView(Struct, frozen=True):
    """A log entry; `by` is the name of a member, '' for the command line and for automatic entries."""

    row: LogEntryRow
    by: str


async def list_page(tx: ReadTx, page: Page) -> list[LogEntryView]:
    """Return a page of the log, newest first."""
    return await _load_views(tx, await audit_log.list_page(tx, page))


async def list_by_target(tx: ReadTx, target: str) -> list[LogEntryView]:
    """Return the entries about a target, newest first."""
    return await _load_views(tx, await audit_log.list_by_target(tx, target))


async def _load_views(tx: ReadTx, rows: Sequence[LogEntryRow]) -> list[LogEntryView]:
    ids = {row.actor_member_id for row in rows if row.actor_member_id is not None}
    names = await member_queries.load_names(tx, list(ids)) if ids else {}
    return [LogEntryView(row, names.get(row.actor_member_id or 0, OPERATOR)) for row in rows]
