"""Acts of moderators with the names of who did them: two statements for any number."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from storage.engine import Tx
from storage.paging import Page
from storage.queries.auth import members as member_queries
from storage.rows.audit_log import ActRow

OPERATOR = ""


class ActView(Struct, frozen=True):
    """An act; `by` is the name of a member, '' for the command line and for what happened by itself."""

    row: ActRow
    by: str


async def page(tx: Tx, page: Page) -> list[ActView]:
    """The log, newest first."""
    return await _views(tx, await audit_log.page(tx, page))


async def of_target(tx: Tx, target: str) -> list[ActView]:
    """What was done to a target, newest first."""
    return await _views(tx, await audit_log.of_target(tx, target))


async def _views(tx: Tx, rows: Sequence[ActRow]) -> list[ActView]:
    ids = {row.actor_member_id for row in rows if row.actor_member_id is not None}
    names = await member_queries.names(tx, list(ids)) if ids else {}
    return [ActView(row, names.get(row.actor_member_id or 0, OPERATOR)) for row in rows]
