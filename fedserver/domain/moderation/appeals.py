"""Appeals: members contest an action of moderators, once within 20 days; another moderator should review it.

docs.joinmastodon.org/entities/Appeal
"""

from __future__ import annotations

from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.domain.moderation import appeal_mails, warnings
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.moderation import appeals as appeal_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import AppealRow

MAX_TEXT = 2_000  # characters


def render_state(row: AppealRow) -> str:
    """Return the state as Mastodon's API names it."""
    if row.decided_at is None:
        return "pending"
    return "approved" if row.approved else "rejected"


async def file(
    tx: Tx, site: NodeContext, member: MemberRow, account: AccountRow, entry_id: int, text: str
) -> AppealRow:
    """Appeal against an action on one's own account, and mail the moderators except for the one who acted.

    Raises NotFoundError, InvalidError; ForbiddenError for a second appeal, and after 20 days.
    """
    warning = await warnings.get(tx, account, entry_id)
    if not warning.appealable:
        raise ForbiddenError(
            gettext(
                "You cannot appeal against this decision: it has an appeal, it was revoked, "
                "or it is more than 20 days old."
            )
        )
    message = gettext("Your text is too long: %(max)s characters are possible.", max=MAX_TEXT)
    cleaned_text = clean_lines("text", text, MAX_TEXT, message=message).strip()
    if not cleaned_text:
        raise InvalidError("text", "can't be blank", "ERR_BLANK")
    row = AppealRow(tx.new_id(), entry_id, account.id, cleaned_text, tx.now, None, None, False, "")
    if not await appeal_queries.insert(tx, row):
        raise ForbiddenError(gettext("You already appealed against this decision."))
    subject = build_log_subject(warning.row)
    await audit_log.record(tx, member, "appeal.file", target=account.uri, subject=subject)
    await appeal_mails.notify_moderators(tx, site, warning.row)
    return row


def build_log_subject(entry: LogEntryRow) -> hash_chain.LogSubject:
    """Return what the public log names in entries about an appeal: the contested entry."""
    return hash_chain.LogSubject("appeal", f"entry {entry.seq}")


async def count_open(tx: ReadTx) -> int:
    """Return how many appeals wait for a decision."""
    return await appeal_queries.count_open(tx)
