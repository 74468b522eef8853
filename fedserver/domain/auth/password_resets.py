"""Forgotten passwords: a new one is chosen by a link that comes by mail."""

from __future__ import annotations

from fedserver.domain.auth import attempts, login, member_access, members, one_time_links
from fedserver.domain.auth.attempts import AttemptLimit
from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow

ONCE_AN_HOUR = AttemptLimit(1, one_time_links.HOUR_MS)


async def request(tx: Tx, site: NodeContext, name: str) -> None:
    """Send a member (by username or address) a link, at most one an hour.

    Nothing is returned, so that nobody learns who is a member.
    """
    member = await login.find_member(tx, name)
    if member is None or member.disabled_at is not None or not site.config.mail.host:
        return
    if not member.password_hash:
        return  # such members log in by the organization's provider only
    if not await attempts.try_count(tx, f"reset:{member.id}", ONCE_AN_HOUR):
        return
    await member_queries.delete_links_by_member(tx, "reset", member.id)
    token = await one_time_links.create(tx, "reset", member.id, member.email, hours=1)
    await jobs.enqueue(tx, jobs.ComposeMail(member.email, mails.ResetPassword(token), member.id))


async def reset(tx: Tx, token: str, password_hash: str) -> MemberRow:
    """Set a new password by a link that came by mail, which confirms the address too.

    Raises NotFoundError if the link does not work any more.
    """
    row = await one_time_links.consume(tx, "reset", token)
    member = await members.get(tx, row.member_id or 0)
    if member.email_confirmed_at is None:
        await member_queries.set_value(tx, member.id, "email_confirmed_at", tx.now)
    await attempts.reset(tx, f"reset:{member.id}")
    await member_access.set_password(tx, member, password_hash)
    return member
