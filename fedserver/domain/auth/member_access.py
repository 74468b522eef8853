"""Access of members: new passwords, disabled members, and the end of all sessions."""

from __future__ import annotations

from fedserver.domain.accounts import owners
from fedserver.domain.auth import invitations, security_mails, sessions, tokens
from fedserver.domain.kernel import events
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow


async def set_password(tx: Tx, member: MemberRow, password_hash: str) -> None:
    """Set a new password: all sessions, tokens and reset links of the member end."""
    await member_queries.set_value(tx, member.id, "password_hash", password_hash)
    await member_queries.delete_links_by_member(tx, "reset", member.id)
    await sessions.end_all(tx, member.id)
    await tokens.revoke_all(tx, member.id)
    await security_mails.enqueue(tx, member, "password")


async def set_disabled(tx: Tx, member: MemberRow, *, disabled: bool) -> None:
    """Disable or enable a member; apps work again after that. Raises ForbiddenError for the last owner."""
    if disabled:
        await owners.ensure_not_last_owner(tx, member.id)
    await member_queries.set_value(tx, member.id, "disabled_at", tx.now if disabled else None)
    if disabled:
        await log_out(tx, member)
    tx.emit(events.MEMBER_CHANGED, member_id=member.id)


async def log_out(tx: Tx, member: MemberRow) -> None:
    """End all sessions and streams of a member who is suspended or disabled, and revoke their invitations.

    Tokens are refused until the member is let in again: as in Mastodon, apps need no new log-in then.
    """
    await sessions.end_all(tx, member.id)
    await tokens.suspend_all(tx, member.id)
    await invitations.revoke_all(tx, member.id)


async def remove(tx: Tx, member: MemberRow) -> None:
    """Disable a member for ever: tokens are revoked. Raises ForbiddenError for the last owner."""
    await set_disabled(tx, member, disabled=True)
    await tokens.revoke_all(tx, member.id)
