"""Blocks that apply to sign-ups, and the notification of moderators."""

from __future__ import annotations

from fedserver.domain.auth import ip_blocks, member_activity
from fedserver.domain.notifications import notifications
from fedserver.domain.registration import email_blocks, signup_expiry
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow


async def requires_approval(tx: ReadTx, email: str, address: str) -> bool:
    """Return True if a person from this IP address has to wait for approval, however open the node is.

    Raises ForbiddenError, EmailBlockedError (an InvalidError) if they may not join at all.
    """
    await signup_expiry.check_room(tx)
    await email_blocks.check(tx, email)
    return await ip_blocks.check_sign_up(tx, address)


async def record_address(tx: Tx, member: MemberRow, address: str) -> None:
    """Store the IP address from which a member joined."""
    await member_activity.record_address(tx, member.id, address)


async def notify_moderators(tx: Tx, account: AccountRow) -> None:
    """Notify the moderators of a person who joined, or who waits for approval."""
    for moderator_id in await member_queries.list_moderator_account_ids(tx):
        await notifications.notify(tx, "admin.sign_up", moderator_id, account.id)
