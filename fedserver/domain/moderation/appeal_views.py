"""Appeals as moderators see them."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from fedserver.domain.moderation import admin_accounts
from fedserver.domain.moderation.admin_accounts import AdminAccountView
from storage.engine import Page, ReadTx
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.auth import members as member_queries
from storage.queries.moderation import appeals as appeal_queries
from storage.rows.audit_log import LogEntryPostRow, LogEntryRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import AppealRow

STATES = ("open", "decided")


class AppealView(Struct, frozen=True):
    """An appeal with the contested action, and the names of the moderators who acted and who decided.

    `own`: the viewing moderator took the action.
    """

    row: AppealRow
    act: LogEntryRow
    target: AdminAccountView
    by: str
    decided_by: str
    own: bool
    posts: tuple[LogEntryPostRow, ...]


async def list_by_state(tx: ReadTx, moderator: MemberRow, page: Page, state: str) -> list[AppealView]:
    """Return a page of appeals as a moderator sees them, newest first; `state` is one of STATES."""
    rows = await appeal_queries.list_by_state(tx, page, state)
    if not rows:
        return []
    entries = await audit_log.load_by_ids(tx, [row.act_id for row in rows])
    posts = await audited_post_queries.load_by_entries(tx, list(entries))
    targets = await admin_accounts.load(tx, list({row.account_id for row in rows}))
    member_ids = {entry.actor_member_id for entry in entries.values()} | {row.decided_by_id for row in rows}
    names = await member_queries.load_names(
        tx, [member_id for member_id in member_ids if member_id is not None]
    )
    return [
        AppealView(
            row,
            entry := entries[row.act_id],
            targets[row.account_id],
            names.get(entry.actor_member_id or 0, ""),
            names.get(row.decided_by_id or 0, ""),
            entry.actor_member_id == moderator.id,
            tuple(posts.get(row.act_id, ())),
        )
        for row in rows
    ]
