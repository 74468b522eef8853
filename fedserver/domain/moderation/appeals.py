"""Appeals: members contest an action of moderators, once within 20 days; another moderator should review it.

docs.joinmastodon.org/entities/Appeal
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError
from fedserver.domain.moderation import admin_accounts, warnings
from fedserver.domain.moderation.admin_accounts import AdminAccountView
from fedserver.text.locales import gettext
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.paging import Page
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.auth import members as member_queries
from storage.queries.moderation import appeals as appeal_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryPostRow, LogEntryRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import AppealRow

MAX_TEXT = 2_000  # characters
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
    if len(text) > MAX_TEXT:
        raise InvalidError(
            "text",
            f"is longer than {MAX_TEXT} characters",
            "ERR_TOO_LONG",
            message=gettext("Your text is too long: %(max)s characters are possible.", max=MAX_TEXT),
        )
    cleaned_text = clean_text(text, MAX_TEXT).strip()
    if not cleaned_text:
        raise InvalidError("text", "can't be blank", "ERR_BLANK")
    row = AppealRow(tx.new_id(), entry_id, account.id, cleaned_text, tx.now, None, None, False, "")
    if not await appeal_queries.insert(tx, row):
        raise ForbiddenError(gettext("You already appealed against this decision."))
    subject = build_log_subject(warning.row)
    await audit_log.record(tx, member, "appeal.file", target=account.uri, subject=subject)
    await _mail_moderators(tx, site, warning.row)
    return row


async def _mail_moderators(tx: Tx, site: NodeContext, entry: LogEntryRow) -> None:
    """Mail the moderators, except for the one who took the action."""
    if not site.config.mail.host:
        return
    for account_id in await member_queries.list_moderator_account_ids(tx):
        moderator = await member_queries.find_by_account(tx, account_id)
        if moderator is not None and moderator.id != entry.actor_member_id:
            await jobs.enqueue(tx, jobs.ComposeMail(moderator.email, mails.AppealFiled(), moderator.id))


def build_log_subject(entry: LogEntryRow) -> hash_chain.LogSubject:
    """Return what the public log names in entries about an appeal: the contested entry."""
    return hash_chain.LogSubject("appeal", f"entry {entry.seq}")


async def count_open(tx: Tx) -> int:
    """Return how many appeals wait for a decision."""
    return await appeal_queries.count_open(tx)


async def load_by_entries(tx: Tx, entry_ids: Sequence[int]) -> dict[int, AppealRow]:
    """Return appeals by the id of the contested entry of the audit log."""
    return await appeal_queries.load_by_entries(tx, entry_ids)


async def list_by_state(tx: Tx, moderator: MemberRow, page: Page, state: str) -> list[AppealView]:
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
