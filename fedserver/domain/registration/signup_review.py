"""Review of sign-ups: moderators approve them, or reject them, which deletes the account."""

from __future__ import annotations

from fedserver.domain.audit_log import audit_log
from fedserver.domain.auth import members
from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, NotFoundError
from fedserver.domain.notifications import notifications
from fedserver.domain.registration import approval_links
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.queries.moderation import admin_accounts as admin_account_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow


async def _get_pending(tx: ReadTx, account_id: int) -> tuple[AccountRow, MemberRow]:
    account = await account_queries.find(tx, account_id)
    if account is None:
        raise NotFoundError
    member = await member_queries.find_by_account(tx, account_id)
    if member is None or member.approved_at is not None:
        raise ForbiddenError(gettext("This account is not waiting for approval."))
    return account, member


async def approve(tx: Tx, site: NodeContext, moderator: MemberRow | None, account_id: int) -> None:
    """Approve a sign-up. Raises NotFoundError; ForbiddenError if the account does not wait for approval."""
    account, member = await _get_pending(tx, account_id)
    await audit_log.record(tx, moderator, "member.approve", target=account.uri)
    await members.approve(tx, member)
    await _dismiss_notifications(tx, account.id)
    if site.config.mail.host:
        content = mails.SignupApproved(await approval_links.create(tx, member))
        await jobs.enqueue(tx, jobs.ComposeMail(member.email, content, member.id))


async def reject(tx: Tx, moderator: MemberRow | None, account_id: int, reason: str = "") -> None:
    """Reject a sign-up and delete it, so that username and email address are free again.

    Raises NotFoundError, ForbiddenError.
    """
    account, member = await _get_pending(tx, account_id)
    await audit_log.record(tx, moderator, "member.reject", target=account.uri, reason=reason)
    await _dismiss_notifications(tx, account.id)
    await admin_account_queries.delete_pending(tx, member.id, account.id)


async def notify_expired(tx: Tx, site: NodeContext, member_id: int) -> None:
    """Enqueue the mail that nobody reviewed a sign-up in time, before it is deleted.

    An address that was not confirmed gets none: it may be that of someone who never asked to join.
    """
    member = await member_queries.find(tx, member_id)
    if member is not None and member.email_confirmed_at is not None and site.config.mail.host:
        job = jobs.ComposeMail(member.email, mails.SignupExpired(), locale=member.locale)
        await jobs.enqueue(tx, job)


async def _dismiss_notifications(tx: Tx, account_id: int) -> None:
    """Remove the notifications of moderators about a sign-up."""
    for moderator_id in await member_queries.list_moderator_account_ids(tx):
        await notifications.retract(tx, "admin.sign_up", moderator_id, account_id)
