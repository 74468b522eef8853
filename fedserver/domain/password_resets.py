"""Forgotten passwords: a new one by a link that comes by mail."""

from __future__ import annotations

from fedserver.domain import log_ins, members, one_time_links, tasks
from fedserver.domain.site import Site
from storage import MemberRow, Tx, queries


async def ask(tx: Tx, site: Site, login: str) -> None:
    """Somebody forgot a password: a link by mail, at most one an hour. Strangers learn nothing."""
    member = await log_ins.find(tx, login)
    if member is None or member.disabled_at is not None or not site.config.mail.host:
        return
    if not member.password_hash:
        return  # such members log in by the organization's provider only
    await queries.members.drop_old_links(tx, tx.now)
    if await queries.members.has_link(tx, "reset", member.id):
        return
    token = await one_time_links.new(tx, "reset", member.id, member.email, hours=1)
    title = site.config.community.title
    text = (
        f"Somebody, hopefully you, asked for a new password at {title}.\n\n"
        f"Choose it on this page within an hour:\n\n{site.links.base}/reset/{token}\n\n"
        "If it was not you, do nothing: your password stays as it is.\n"
    )
    await tasks.owe(tx, tasks.SendMail(member.email, f"A new password at {title}", text))


async def reset(tx: Tx, token: str, password_hash: str) -> MemberRow:
    """A new password by a link that came by mail, which proves the address too. Raises NotFound."""
    row = await one_time_links.use(tx, "reset", token)
    member = await members.by_id(tx, row.member_id or 0)
    if member.email_confirmed_at is None:
        await queries.members.set_value(tx, member.id, "email_confirmed_at", tx.now)
    await members.set_password(tx, member, password_hash)
    return member
