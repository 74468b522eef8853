"""Joining by sign-up or by invitation.

No answer reveals whether an email address belongs to a member.
"""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.auth import emails, invitations, members
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError
from fedserver.domain.registration import (
    duplicate_email,
    inviters,
    member_locales,
    signup_policy,
)
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow


def check_open(site: NodeContext, invitation: str) -> None:
    """Raise ForbiddenError if registration is closed, or open to invited people only."""
    mode = site.config.registration.mode
    if not invitation and mode == "closed":
        raise ForbiddenError(gettext("This community is not accepting new members at the moment."))
    if not invitation and mode == "invite":
        raise ForbiddenError(gettext("You need an invitation to join. Ask a member for an invitation link."))


def check_reason(site: NodeContext, reason: str, invitation: str) -> None:
    """Raise InvalidError if moderators review sign-ups and no reason is given."""
    if site.config.registration.mode == "approval" and not invitation and not reason.strip():
        raise InvalidError("reason", "can't be blank", "ERR_BLANK")


async def join(
    tx: Tx, site: NodeContext, new_member: members.NewMember, new: NewKeys, locale: str = ""
) -> MemberRow | None:
    """Create a member who is approved, waits for approval, or waits for the confirmation of their address.

    `locale` is the language of the guest, '' if it is unknown. Returns None if the address belongs to a
    member, who is notified by mail; the caller has to answer as it answers those who wait for confirmation.
    Raises InvalidError; ForbiddenError if nobody can join.
    """
    check_open(site, new_member.invitation)
    invitation = await invitations.redeem(tx, new_member.invitation) if new_member.invitation else None
    check_reason(site, new_member.reason, new_member.invitation)
    existing = await member_queries.find_by_email(tx, members.check_email(new_member.email))
    if existing is not None:
        # The answer about the username has to be the same as for an unknown address.
        await accounts.check_username_available(tx, new_member.username)
        await duplicate_email.notify_member(tx, site, existing)
        return None
    waits = await signup_policy.requires_approval(tx, new_member.email, new_member.address)
    member, account = await members.create(tx, site, new_member, new, by_operator=False)
    member = await member_locales.keep_locale(tx, member, locale)
    await signup_policy.record_address(tx, member, new_member.address)
    if (site.config.registration.mode == "open" or invitation is not None) and not waits:
        await member_queries.set_value(tx, member.id, "approved_at", tx.now)
    else:
        await signup_policy.notify_moderators(tx, account)
    if site.config.mail.host:
        await emails.send_confirmation(tx, site, member)
    else:
        await member_queries.set_value(tx, member.id, "email_confirmed_at", tx.now)
    if invitation is not None:
        await member_queries.set_value(tx, member.id, "invitation_id", invitation.id)
    if invitation is not None and invitation.created_by_id is not None:
        await inviters.follow_inviter(tx, site, account, invitation.created_by_id)
    return await members.get(tx, member.id)
