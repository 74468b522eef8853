"""What moderators answer to those who ask to join: yes, or no and forgotten."""

from __future__ import annotations

from fedserver.domain import acts, members, notifications, tasks
from fedserver.domain.words import Forbidden, NotFound, Site
from storage import AccountRow, MemberRow, Tx, queries


async def _waiting(tx: Tx, account_id: int) -> tuple[AccountRow, MemberRow]:
    account = await queries.accounts.by_id(tx, account_id)
    if account is None:
        raise NotFound
    member = await queries.members.by_account(tx, account_id)
    if member is None or member.approved_at is not None:
        raise Forbidden("Nobody waits for an answer here")
    return account, member


async def approve(tx: Tx, site: Site, moderator: MemberRow | None, account_id: int) -> None:
    """Let somebody in who asked. Raises NotFound; Forbidden if they did not ask, or are in already."""
    account, member = await _waiting(tx, account_id)
    await acts.add(tx, moderator, "member.approve", target=account.uri)
    await members.approve(tx, member)
    await _settled(tx, account.id)
    if site.config.mail.host:
        title = site.config.community.title
        text = f"Welcome to {title}!\n\nYou may log in now:\n\n{site.links.base}/login\n"
        await tasks.owe(tx, tasks.SendMail(member.email, f"Welcome to {title}", text))


async def reject(tx: Tx, moderator: MemberRow | None, account_id: int, reason: str = "") -> None:
    """Say no: what was asked for is forgotten, name and address are free. Raises NotFound, Forbidden."""
    account, member = await _waiting(tx, account_id)
    await acts.add(tx, moderator, "member.reject", target=account.uri, reason=reason)
    await _settled(tx, account.id)
    await queries.admin_accounts.remove(tx, member.id, account.id)


async def _settled(tx: Tx, account_id: int) -> None:
    """Nobody has to be told any more that somebody waits."""
    for moderator_id in await queries.members.moderators(tx):
        await notifications.forget(tx, "admin.sign_up", moderator_id, account_id)
