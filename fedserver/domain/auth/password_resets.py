"""Forgotten passwords: a new one by a link that comes by mail."""

from __future__ import annotations

from fedserver.domain.auth import login, member_access, members, one_time_links
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow


async def request(tx: Tx, site: NodeContext, name: str) -> None:
    """Somebody forgot a password: a link by mail, at most one an hour. Strangers learn nothing."""
    member = await login.find_member(tx, name)
    if member is None or member.disabled_at is not None or not site.config.mail.host:
        return
    if not member.password_hash:
        return  # such members log in by the organization's provider only
    await member_queries.delete_expired_links(tx, tx.now)
    if await member_queries.has_link(tx, "reset", member.id):
        return
    token = await one_time_links.create(tx, "reset", member.id, member.email, hours=1)
    title = site.config.community.title
    text = (
        f"Somebody, hopefully you, asked for a new password at {title}.\n\n"
        f"Choose it on this page within an hour:\n\n{site.links.base}/reset/{token}\n\n"
        "If it was not you, do nothing: your password stays as it is.\n"
    )
    await jobs.enqueue(tx, jobs.SendMail(member.email, f"A new password at {title}", text))


async def reset(tx: Tx, token: str, password_hash: str) -> MemberRow:
    """A new password by a link that came by mail, which proves the address too. Raises NotFound."""
    row = await one_time_links.consume(tx, "reset", token)
    member = await members.get(tx, row.member_id or 0)
    if member.email_confirmed_at is None:
        await member_queries.set_value(tx, member.id, "email_confirmed_at", tx.now)
    await member_access.set_password(tx, member, password_hash)
    return member
