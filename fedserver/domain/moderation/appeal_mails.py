"""Mails about appeals."""

from __future__ import annotations

from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import warnings
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.audit_log import LogEntryRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import AppealRow


async def notify_moderators(tx: Tx, site: NodeContext, entry: LogEntryRow) -> None:
    """Mail the moderators, except for the one who took the action."""
    if not site.config.mail.host:
        return
    for account_id in await member_queries.list_moderator_account_ids(tx):
        moderator = await member_queries.find_by_account(tx, account_id)
        if moderator is not None and moderator.id != entry.actor_member_id:
            await jobs.enqueue(tx, jobs.ComposeMail(moderator.email, mails.AppealFiled(), moderator.id))


async def notify_member(tx: Tx, site: NodeContext, member: MemberRow, row: AppealRow) -> None:
    """Mail a member the decision about their appeal."""
    await warnings.enqueue_mail(tx, site, member, mails.AppealDecided(row.approved, row.answer))
