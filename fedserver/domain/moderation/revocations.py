"""The revocation of an action after a successful appeal."""

from __future__ import annotations

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import moderation, post_moderation
from fedserver.domain.posts import edits
from storage.engine import Tx
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryRow
from storage.rows.auth import MemberRow


async def revoke_entry(
    tx: Tx, site: NodeContext, moderator: MemberRow, account: AccountRow, entry: LogEntryRow, reason: str
) -> None:
    """Revoke an action, unless a later one of its kind replaced it. Deleted posts cannot be restored."""
    await _unmark_sensitive(tx, site, account, entry)
    kind = entry.verb.removeprefix("account.")
    latest = (
        await audit_log.find_active(tx, account.uri, entry.verb) if kind in moderation.REVOCATIONS else None
    )
    if latest is not None and latest.id == entry.id:
        await moderation.revoke(tx, moderator, account.id, kind, reason)


async def _unmark_sensitive(tx: Tx, site: NodeContext, account: AccountRow, entry: LogEntryRow) -> None:
    """Remove the mark that an action set from the posts that still exist."""
    if entry.verb != f"account.{post_moderation.MARK_SENSITIVE}":
        return
    marked = (await audited_post_queries.load_by_entries(tx, [entry.id])).get(entry.id, [])
    for row in (await post_queries.load_by_ids(tx, [post.post_id for post in marked])).values():
        if row.sensitive:
            await edits.edit(tx, site, account, row.id, edits.PostEdit(sensitive=False))
