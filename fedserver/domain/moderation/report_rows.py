"""Rows of new reports, and the notification of moderators."""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.auth import attempts
from fedserver.domain.auth.attempts import AttemptLimit
from fedserver.domain.moderation import reports
from fedserver.domain.notifications import notifications
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.queries.moderation import reports as report_queries
from storage.rows.accounts import AccountRow
from storage.rows.moderation import ReportRow

DAY_MS = 86_400_000
# Each is a notification for every moderator: more in a day is no help to them.
PER_MEMBER, PER_PEER = AttemptLimit(100, DAY_MS), AttemptLimit(300, DAY_MS)
MAX_COMMENT = 1_000  # characters, as in Mastodon


def build(
    tx: Tx,
    uri: str | None,
    reporter: AccountRow,
    target: AccountRow,
    post_ids: Sequence[int],
    comment: str,
    category: str,
) -> ReportRow:
    """Return the row of an open report; `uri` is that of its Flag activity, None for reports of members."""
    return ReportRow(
        id=tx.new_id(),
        uri=uri,
        account_id=reporter.id,
        target_id=target.id,
        post_ids=reports.encode_ids(post_ids),
        comment=clean_text(comment, len(comment)).strip(),
        category=category,
        rule_ids="[]",
        forwarded=False,
        created_at=tx.now,
        updated_at=tx.now,
        assigned_id=None,
        resolved_at=None,
        resolved_by_id=None,
    )


async def count(tx: Tx, reporter: AccountRow) -> bool:
    """Count a report of today; return False if there were too many, of a member or of all from a peer."""
    if not reporter.domain:
        return await attempts.try_count(tx, f"reports:{reporter.id}", PER_MEMBER)
    return await attempts.try_count(tx, f"reports:{reporter.domain}", PER_PEER)


async def insert(tx: Tx, row: ReportRow) -> None:
    """Insert a report, unless it is known, and notify all moderators except for one who reports."""
    if not await report_queries.insert(tx, row):
        return
    for moderator_id in await member_queries.list_moderator_account_ids(tx):
        if moderator_id != row.account_id:
            await notifications.notify_moderation(tx, "admin.report", moderator_id, row.account_id, row.id)
