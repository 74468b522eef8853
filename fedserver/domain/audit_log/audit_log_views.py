"""Log entries with the names of who made them: two statements for any number of entries."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from storage.engine import MAX_ID, Page, ReadTx, to_contained_pattern, to_like_pattern
from storage.queries.audit_log import audit_log as audit_log_queries
from storage.queries.auth import members as member_queries
from storage.rows.audit_log import LogEntryRow

OPERATOR = ""


class LogEntryView(Struct, frozen=True):
    """A log entry; `by` is the name of a member, '' for the command line and for automatic entries."""

    row: LogEntryRow
    by: str


class LogQuery(Struct, frozen=True, kw_only=True):
    """The entries to list; '' and None mean any."""

    subject: str = ""  # the first part of verbs: account, peer, …
    role: str = ""
    actor: str = ""  # the username of a member
    text: str = ""  # a part of the target or of the reason
    since: int | None = None  # ms UTC
    until: int | None = None  # ms UTC, exclusive


async def list_page(tx: ReadTx, page: Page) -> list[LogEntryView]:
    """Return a page of the log, newest first."""
    return await _load_views(tx, await audit_log.list_page(tx, page))


async def search(tx: ReadTx, query: LogQuery, page: Page) -> list[LogEntryView]:
    """Return a page of the entries that match, newest first; none for an actor who is no member."""
    actor_id, actor = 0, query.actor.strip().lstrip("@")
    if actor:
        member = await member_queries.find_by_username(tx, actor)
        if member is None:
            return []
        actor_id = member.id
    rows = await audit_log_queries.search(
        tx,
        page,
        verb=to_like_pattern(f"{query.subject}.") if query.subject else "",
        role=query.role,
        actor_id=actor_id,
        text=to_contained_pattern(query.text.strip()) if query.text.strip() else "",
        since=query.since or 0,
        until=MAX_ID if query.until is None else query.until,
    )
    return await _load_views(tx, rows)


async def list_by_target(tx: ReadTx, target: str) -> list[LogEntryView]:
    """Return the entries about a target, newest first."""
    return await _load_views(tx, await audit_log.list_by_target(tx, target))


async def _load_views(tx: ReadTx, rows: Sequence[LogEntryRow]) -> list[LogEntryView]:
    ids = {row.actor_member_id for row in rows if row.actor_member_id is not None}
    names = await member_queries.load_names(tx, list(ids)) if ids else {}
    return [LogEntryView(row, names.get(row.actor_member_id or 0, OPERATOR)) for row in rows]
