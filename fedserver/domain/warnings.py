"""What a member is told of an act about them: a notification, and mail if the moderator wants it."""

from __future__ import annotations

from fedserver.domain import notifications, tasks
from fedserver.domain.site import Site
from storage import AccountRow, ActRow, MemberRow, Tx

SAID = {
    "none": "The moderators have a warning for you.",
    "sensitive": "Everything that you post is shown as sensitive from now on.",
    "disable": "You cannot log in any more. Your profile and your posts stay.",
    "silence": "Your account is limited: only those who follow you see what you post.",
    "suspend": "Your account is suspended: nobody sees it, and you cannot log in any more.",
}


async def warn(
    tx: Tx, site: Site, account: AccountRow, member: MemberRow, act: ActRow, *, mails: bool
) -> None:
    """Tell the member behind `account` what was done and why."""
    await notifications.tell(tx, "moderation_warning", account.id, account.id, act.id)
    if mails and site.config.mail.host:
        title = site.config.community.title
        kind = act.verb.removeprefix("account.")
        because = f"\nThey write:\n\n{act.reason}\n" if act.reason else ""
        text = f"{SAID[kind]}\n{because}\nYour account: {account.url}\n"
        await tasks.owe(tx, tasks.SendMail(member.email, f"About your account at {title}", text))
