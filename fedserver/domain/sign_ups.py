"""Joining: by sign-up, by invitation, by the set-up link.

Whether an address is known is never told to strangers.
"""

from __future__ import annotations

from fedserver.domain import accounts, admission, follows, invitations, members, one_time_links, tasks
from fedserver.domain.errors import Forbidden, Invalid, NotFound
from fedserver.domain.keys import NewKeys
from fedserver.domain.site import Site
from storage import AccountRow, MemberRow, Tx, queries


async def join(tx: Tx, site: Site, wanted: members.NewMember, new: NewKeys) -> MemberRow:
    """Somebody wants to join: let in, waiting for approval, or waiting for their mail.

    Raises Forbidden if the node takes nobody, Invalid.
    """
    mode = site.config.registration.mode
    if not wanted.invitation and mode == "closed":
        raise Forbidden("This community does not take new members at the moment")
    if not wanted.invitation and mode == "invite":
        raise Forbidden("You need an invitation to join")
    invitation = await invitations.use(tx, wanted.invitation) if wanted.invitation else None
    if mode == "approval" and invitation is None and not wanted.reason.strip():
        raise Invalid("reason", "can't be blank", "ERR_BLANK")
    waits = await admission.check(tx, wanted.email, wanted.address)
    member, account = await members.create(tx, site, wanted, new, by_operator=False)
    await admission.keep(tx, member, wanted.address)
    if (mode == "open" or invitation is not None) and not waits:
        await queries.members.set_value(tx, member.id, "approved_at", tx.now)
    else:
        await admission.ask_moderators(tx, account)
    if site.config.mail.host:
        await _ask_to_confirm(tx, site, member)
    else:
        await queries.members.set_value(tx, member.id, "email_confirmed_at", tx.now)
    if invitation is not None:
        await queries.members.set_value(tx, member.id, "invitation_id", invitation.id)
    if invitation is not None and invitation.created_by_id is not None:
        await _befriend(tx, site, account, invitation.created_by_id)
    found = await queries.members.by_id(tx, member.id)
    assert found is not None
    return found


async def _befriend(tx: Tx, site: Site, account: AccountRow, inviter_id: int) -> None:
    """A newcomer follows whoever invited them, so that home is not empty."""
    inviter_account = await queries.members.main_account(tx, inviter_id)
    if inviter_account is None:
        return
    inviter = await accounts.by_id(tx, inviter_account)
    if inviter.suspended_at is None and inviter.deleted_at is None:
        await follows.follow(tx, site, account, inviter)


async def _ask_to_confirm(tx: Tx, site: Site, member: MemberRow) -> None:
    token = await one_time_links.new(tx, "confirm", member.id, member.email, hours=72)
    address = f"{site.links.base}/confirm/{token}"
    title = site.config.community.title
    text = f"Welcome to {title}!\n\nPlease confirm your address by opening this page:\n\n{address}\n"
    await tasks.owe(tx, tasks.SendMail(member.email, f"Confirm your address at {title}", text))


async def confirm(tx: Tx, token: str) -> MemberRow:
    """An address was confirmed. Raises NotFound."""
    row = await one_time_links.use(tx, "confirm", token)
    await queries.members.set_value(tx, row.member_id or 0, "email_confirmed_at", tx.now)
    member = await queries.members.by_id(tx, row.member_id or 0)
    if member is None:
        raise NotFound("This link was used before, or is too old")
    return member


async def setup_link(tx: Tx) -> str | None:
    """The word for the link that makes the first owner; None if there is a member already.

    An earlier one stops working.
    """
    if await queries.members.count(tx):
        return None
    await queries.members.drop_links(tx, "setup")
    return await one_time_links.new(tx, "setup", None, "", hours=24)


async def create_owner(
    tx: Tx, site: Site, token: str, username: str, email: str, password_hash: str, new: NewKeys
) -> MemberRow:
    """The first owner, by the set-up link. Raises NotFound, Invalid."""
    await one_time_links.use(tx, "setup", token)
    member, _ = await members.add(
        tx, site, username, email, password_hash, new, role="owner", by_operator=False
    )
    return member
