"""Email addresses of members: confirmed by a link that comes by mail, and changed the same way.

Where the node sends no mail nothing can be confirmed, so addresses count as they are entered.
"""

from __future__ import annotations

from fedserver.domain.auth import attempts, challenges, members, one_time_links
from fedserver.domain.auth.attempts import AttemptLimit
from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.text.locales import current_locale, gettext
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow, OneTimeLinkRow

# As Mastodon: a member chooses the address, which may be that of anyone.
CONFIRMATION_MAILS = AttemptLimit(5, one_time_links.HOUR_MS // 2)

SIGNUP_LIFETIME_MINUTES = 60  # mail may take a while; the cookie of the browser lives as long


async def send_confirmation(tx: Tx, site: NodeContext, member: MemberRow) -> None:
    """Send a new member the link that confirms their address; earlier links stop working."""
    await member_queries.delete_links_by_member(tx, "confirm", member.id)
    token = await one_time_links.create(tx, "confirm", member.id, member.email, hours=72)
    # They had no time to choose a language yet: the one in which they signed up is the best guess.
    job = jobs.ComposeMail(member.email, mails.ConfirmEmail(token), member.id, current_locale())
    await jobs.enqueue(tx, job)


async def resend_confirmation(
    tx: Tx, site: NodeContext, member: MemberRow, app_id: int | None, email: str
) -> None:
    """Send the link again, to another address if `email` is given; for the app that registered the member.

    Raises ForbiddenError once the address is confirmed, or for another app; InvalidError;
    TooManyRequestsError.
    """
    if app_id is None:
        raise ForbiddenError(gettext("Only the app in which you signed up can ask for this mail."))
    if member.email_confirmed_at is not None:
        raise ForbiddenError(gettext("Your address is already confirmed."))
    await attempts.count(tx, f"confirmation:{member.id}", CONFIRMATION_MAILS)
    if email:
        await _set_email(tx, member, members.check_email(email))
    await send_confirmation(tx, site, await members.get(tx, member.id))


async def confirm(tx: Tx, token: str) -> MemberRow:
    """Confirm the address of a new member by its link. Raises NotFoundError."""
    row = await one_time_links.consume(tx, "confirm", token)
    member = await _get_member(tx, row)
    await member_queries.set_value(tx, member.id, "email_confirmed_at", tx.now)
    return await members.get(tx, member.id)


async def bind_browser(tx: Tx, member: MemberRow, holder: str) -> None:
    """Remember in which browser a new member signed up, until the confirmation or for an hour."""
    await challenges.replace(
        tx, challenges.SIGNUP, holder, data="", member_id=member.id, minutes=SIGNUP_LIFETIME_MINUTES
    )


async def is_signup_browser(tx: ReadTx, member: MemberRow, holder: str) -> bool:
    """Return True if this member signed up in this browser a while ago."""
    row = await challenges.find_pending(tx, challenges.SIGNUP, holder)
    return row is not None and row.member_id == member.id


async def release_browser(tx: Tx, member: MemberRow, holder: str) -> bool:
    """Return True, once, if this member signed up in this browser."""
    row = await challenges.find_pending(tx, challenges.SIGNUP, holder)
    is_same = row is not None and row.member_id == member.id
    return row is not None and is_same and await challenges.consume_pending(tx, row)


async def get_waiting_member(tx: ReadTx, token: str) -> MemberRow:
    """Return the member whose address a link would confirm. Raises NotFoundError."""
    return await _get_member(tx, await one_time_links.get(tx, "confirm", token))


async def request_change(tx: Tx, site: NodeContext, member: MemberRow, email: str) -> bool:
    """Send a link to the new address and a notice to the old one; return False if it changed at once.

    An address of another member gets no link, and the answer does not show it. Raises InvalidError,
    TooManyRequestsError.
    """
    email = members.check_email(email)
    if email.lower() == member.email.lower():
        raise InvalidError("email", "is your address already")
    await attempts.count(tx, f"confirmation:{member.id}", CONFIRMATION_MAILS)
    if not site.config.mail.host:
        await _set_email(tx, member, email)
        return False
    await member_queries.delete_links_by_member(tx, "email", member.id)
    if await member_queries.find_by_email(tx, email) is None:
        token = await one_time_links.create(tx, "email", member.id, email, hours=24)
        await jobs.enqueue(tx, jobs.ComposeMail(email, mails.ConfirmNewEmail(token), member.id))
    await jobs.enqueue(tx, jobs.ComposeMail(member.email, mails.EmailChangeRequested(email), member.id))
    return True


async def confirm_change(tx: Tx, site: NodeContext, token: str) -> MemberRow:
    """Change an address by the link that was sent to it.

    Raises NotFoundError, or InvalidError if another member took the address meanwhile.
    """
    row = await one_time_links.consume(tx, "email", token)
    member = await members.get(tx, row.member_id or 0)
    await _set_email(tx, member, row.email)
    await member_queries.set_value(tx, member.id, "email_confirmed_at", tx.now)
    await jobs.enqueue(tx, jobs.ComposeMail(member.email, mails.EmailChanged(row.email), member.id))
    return member


async def _get_member(tx: ReadTx, row: OneTimeLinkRow) -> MemberRow:
    """Return the member of a link, if their address is still the one it was sent to."""
    member = await member_queries.find(tx, row.member_id or 0)
    if member is None or member.email != row.email:
        raise NotFoundError(one_time_links.build_expired_text())
    return member


async def _set_email(tx: Tx, member: MemberRow, email: str) -> None:
    """Set the address of a member; links to the former one stop working. Raises InvalidError."""
    owner = await member_queries.find_by_email(tx, email)
    if owner is not None and owner.id != member.id:
        raise InvalidError("email", "has already been taken", "ERR_TAKEN")
    for purpose in ("confirm", "email", "reset"):
        await member_queries.delete_links_by_member(tx, purpose, member.id)
    await attempts.reset(tx, f"reset:{member.id}")  # the next link goes to the new address
    await member_queries.set_email(tx, member.id, email)
