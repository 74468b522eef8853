"""Addresses of members: confirmed by a link that comes by mail, and changed the same way.

Where no mail is sent, nothing can be confirmed: addresses count as they are given.
"""

from __future__ import annotations

from fedserver.domain.auth import members, one_time_links
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow, OneTimeLinkRow


async def send_confirmation(tx: Tx, site: NodeContext, member: MemberRow) -> None:
    """Send the link to a newcomer; earlier ones stop working."""
    await member_queries.delete_links_by_member(tx, "confirm", member.id)
    token = await one_time_links.create(tx, "confirm", member.id, member.email, hours=72)
    address = f"{site.links.base}/confirm/{token}"
    title = site.config.community.title
    text = f"Welcome to {title}!\n\nPlease confirm your address by opening this page:\n\n{address}\n"
    await jobs.enqueue(tx, jobs.SendMail(member.email, f"Confirm your address at {title}", text))


async def resend_confirmation(
    tx: Tx, site: NodeContext, member: MemberRow, app_id: int | None, email: str
) -> None:
    """Send the link again, to another address if one is given; for the app that registered the member.

    Raises Forbidden once the address is confirmed, or for another app; Invalid.
    """
    if app_id is None:
        raise ForbiddenError("Only the app in which you signed up can ask for this mail")
    if member.email_confirmed_at is not None:
        raise ForbiddenError("Your address is confirmed already")
    if email:
        await _set_email(tx, member, members.check_email(email))
    await send_confirmation(tx, site, await members.get(tx, member.id))


async def confirm(tx: Tx, token: str) -> MemberRow:
    """An address was confirmed. Raises NotFound."""
    row = await one_time_links.consume(tx, "confirm", token)
    member = await _get_member(tx, row)
    await member_queries.set_value(tx, member.id, "email_confirmed_at", tx.now)
    return await members.get(tx, member.id)


async def request_change(tx: Tx, site: NodeContext, member: MemberRow, email: str) -> bool:
    """Send a link to the new address and a word to the old one; False if it was changed at once.

    Raises Invalid. That an address belongs to somebody else is told to nobody: its owner gets no link.
    """
    email = members.check_email(email)
    if email.lower() == member.email.lower():
        raise InvalidError("email", "is your address already")
    if not site.config.mail.host:
        await _set_email(tx, member, email)
        return False
    await member_queries.delete_links_by_member(tx, "email", member.id)
    if await member_queries.find_by_email(tx, email) is None:
        token = await one_time_links.create(tx, "email", member.id, email, hours=24)
        await _enqueue_mail(
            tx,
            site,
            email,
            "Your new address",
            "Please confirm that this is your new address, within a day, on this page:\n\n"
            f"{site.links.base}/email/{token}\n\nIf you did not ask for it, do nothing.\n",
        )
    await _enqueue_mail(
        tx,
        site,
        member.email,
        "Your address is being changed",
        f"Somebody, hopefully you, asked to change your address to {email}.\n\n"
        f"If it was not you, choose a new password now: {site.links.base}/settings/password\n",
    )
    return True


async def _enqueue_mail(tx: Tx, site: NodeContext, to: str, subject: str, text: str) -> None:
    await jobs.enqueue(tx, jobs.SendMail(to, f"{subject} at {site.config.community.title}", text))


async def confirm_change(tx: Tx, site: NodeContext, token: str) -> MemberRow:
    """The new address was confirmed by its link. Raises NotFound, Invalid if it was taken meanwhile."""
    row = await one_time_links.consume(tx, "email", token)
    member = await members.get(tx, row.member_id or 0)
    await _set_email(tx, member, row.email)
    await member_queries.set_value(tx, member.id, "email_confirmed_at", tx.now)
    text = f"Your address was changed to {row.email}. Mail to you goes there from now on.\n"
    await _enqueue_mail(tx, site, member.email, "Your address was changed", text)
    return member


async def _get_member(tx: Tx, row: OneTimeLinkRow) -> MemberRow:
    """The member whose address a link confirms: the address that it was sent to."""
    member = await member_queries.find(tx, row.member_id or 0)
    if member is None or member.email != row.email:
        raise NotFoundError("This link was used before, or is too old")
    return member


async def _set_email(tx: Tx, member: MemberRow, email: str) -> None:
    """Write another address; links that went to the former one stop working. Raises Invalid."""
    owner = await member_queries.find_by_email(tx, email)
    if owner is not None and owner.id != member.id:
        raise InvalidError("email", "has already been taken", "ERR_TAKEN")
    for purpose in ("confirm", "email", "reset"):
        await member_queries.delete_links_by_member(tx, purpose, member.id)
    await member_queries.set_email(tx, member.id, email)
