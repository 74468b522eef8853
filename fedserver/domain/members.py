"""Members: people of this organization who log in.

Whether an address or a name is known is never told to strangers: sign-up and log-in answer alike.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec
from msgspec import Struct

from fedserver.domain import (
    Forbidden,
    Invalid,
    NotFound,
    Site,
    TooMany,
    accounts,
    events,
    follows,
    invitations,
    known_addresses,
    notifications,
    owners,
    sessions,
    tasks,
    tokens,
)
from fedserver.domain.keys import NewKeys
from fedserver.domain.secrets import hashed, new_secret
from fedserver.text import clean_text
from storage import AccountRow, MemberRow, OneTimeLinkRow, Tx, queries

ROLES = ("owner", "admin", "moderator", "member")
HOUR = 3_600_000
ATTEMPTS_ACCOUNT, ATTEMPTS_ADDRESS, ATTEMPTS_WINDOW = 10, 50, HOUR // 4
INVITES = 5


class Settings(Struct, frozen=True):
    """What a member prefers; clients read some of it as preferences."""

    visibility: str = "public"
    sensitive: bool = False
    language: str | None = None
    expand_media: Literal["default", "show_all", "hide_all"] = "default"
    expand_warnings: bool = False
    autoplay_gifs: bool = False
    theme: Literal["auto", "light", "dark"] = "auto"


class SignUp(Struct, frozen=True, kw_only=True):
    """What somebody who wants to join gives; the password is hashed already."""

    username: str
    email: str
    password_hash: str
    reason: str = ""
    invitation: str = ""
    locale: str = "en"


_settings = msgspec.json.Decoder(Settings).decode
encode = msgspec.json.Encoder().encode


def settings(member: MemberRow) -> Settings:
    """A member's preferences."""
    return _settings(member.settings)


async def set_settings(tx: Tx, member: MemberRow, changed: Settings) -> None:
    await queries.members.set_value(tx, member.id, "settings", encode(changed).decode())


def check_email(email: str) -> str:
    """The address in its plain form. Raises Invalid. Deliberately strict: what we send mail to."""
    email = email.strip()
    name, at, domain = email.rpartition("@")
    plain = all(letter.isalnum() or letter in "!#$&'*+-/=?^_`{|}~." for letter in name)
    hosts = domain.split(".")
    good_domain = len(hosts) > 1 and all(
        host and host.replace("-", "").isalnum() and not host.startswith("-") for host in hosts
    )
    if not (at and name and plain and good_domain and email.isascii() and len(email) <= 250):
        raise Invalid("email", "is not an address that mail can be sent to")
    return email


async def add(
    tx: Tx,
    site: Site,
    username: str,
    email: str,
    password_hash: str,
    new: NewKeys,
    *,
    role: str = "member",
    by_operator: bool = True,
) -> tuple[MemberRow, AccountRow]:
    """A member who is confirmed and approved. Raises Invalid."""
    if role not in ROLES:
        raise Invalid("role", f"must be one of {', '.join(ROLES)}")
    sign_up = SignUp(username=username, email=email, password_hash=password_hash)
    member, account = await _create(tx, site, sign_up, new, by_operator=by_operator)
    await queries.members.set_value(tx, member.id, "role", role)
    for name in ("email_confirmed_at", "approved_at"):
        await queries.members.set_value(tx, member.id, name, tx.now)
    await queries.members.drop_links(tx, "setup")
    found = await queries.members.by_id(tx, member.id)
    assert found is not None
    return found, account


async def _create(
    tx: Tx, site: Site, sign_up: SignUp, new: NewKeys, *, by_operator: bool
) -> tuple[MemberRow, AccountRow]:
    email = check_email(sign_up.email)
    account = await accounts.create_local(tx, site, sign_up.username, new, by_operator=by_operator)
    member = MemberRow(
        id=tx.new_id(),
        email=email,
        password_hash=sign_up.password_hash,
        role="member",
        reason=clean_text(sign_up.reason, 1_000),
        locale=sign_up.locale[:10],
        settings=encode(Settings()).decode(),
        invitation_id=None,
        invites_left=INVITES,
        created_at=tx.now,
        email_confirmed_at=None,
        approved_at=None,
        disabled_at=None,
        active_at=None,
    )
    if not await queries.members.add(tx, member):
        raise Invalid("email", "has already been taken", "ERR_TAKEN")
    await queries.members.add_account(tx, member.id, account.id, main=True)
    return member, account


async def sign_up(tx: Tx, site: Site, wanted: SignUp, new: NewKeys) -> MemberRow | None:
    """Somebody wants to join: let in, waiting for approval, or waiting for their mail.

    None if the address is a member's: that member is told by mail, and whoever asks hears the same as one
    who waits for mail. Raises Forbidden if the node takes nobody, Invalid.
    """
    mode = site.config.registration.mode
    if not wanted.invitation and mode == "closed":
        raise Forbidden("This community does not take new members at the moment")
    if not wanted.invitation and mode == "invite":
        raise Forbidden("You need an invitation to join")
    invitation = await invitations.use(tx, wanted.invitation) if wanted.invitation else None
    if mode == "approval" and invitation is None and not wanted.reason.strip():
        raise Invalid("reason", "can't be blank", "ERR_BLANK")
    known = await queries.members.by_email(tx, check_email(wanted.email))
    if known is not None:
        await accounts.check_free(tx, wanted.username)
        await known_addresses.tell(tx, site, known)
        return None
    member, account = await _create(tx, site, wanted, new, by_operator=False)
    if mode == "open" or invitation is not None:
        await queries.members.set_value(tx, member.id, "approved_at", tx.now)
    else:
        for moderator in await queries.members.moderators(tx):
            await notifications.notify(tx, "admin.sign_up", moderator, account.id)
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
    token = await new_link(tx, "confirm", member.id, member.email, hours=72)
    address = f"{site.links.base}/confirm/{token}"
    title = site.config.community.title
    text = f"Welcome to {title}!\n\nPlease confirm your address by opening this page:\n\n{address}\n"
    await tasks.owe(tx, tasks.SendMail(member.email, f"Confirm your address at {title}", text))


async def ask_to_reset(tx: Tx, site: Site, login: str) -> None:
    """Somebody forgot a password: a link by mail, at most one an hour. Strangers learn nothing."""
    member = await find_for_log_in(tx, login)
    if member is None or member.disabled_at is not None or not site.config.mail.host:
        return
    await queries.members.drop_old_links(tx, tx.now)
    if await queries.members.has_link(tx, "reset", member.id):
        return
    token = await new_link(tx, "reset", member.id, member.email, hours=1)
    title = site.config.community.title
    text = (
        f"Somebody, hopefully you, asked for a new password at {title}.\n\n"
        f"Choose it on this page within an hour:\n\n{site.links.base}/reset/{token}\n\n"
        "If it was not you, do nothing: your password stays as it is.\n"
    )
    await tasks.owe(tx, tasks.SendMail(member.email, f"A new password at {title}", text))


async def reset(tx: Tx, token: str, password_hash: str) -> MemberRow:
    """A new password by a link that came by mail, which proves the address too. Raises NotFound."""
    row = await use_link(tx, "reset", token)
    member = await by_id(tx, row.member_id or 0)
    if member.email_confirmed_at is None:
        await queries.members.set_value(tx, member.id, "email_confirmed_at", tx.now)
    await set_password(tx, member, password_hash)
    return member


async def new_link(tx: Tx, purpose: str, member_id: int | None, email: str, *, hours: int) -> str:
    """A link that works once; the word in it."""
    token = new_secret()
    row = OneTimeLinkRow(hashed(token), purpose, member_id, email, tx.now, tx.now + hours * HOUR, None)
    await queries.members.add_link(tx, row)
    return token


async def setup_link(tx: Tx) -> str | None:
    """The word for the link that makes the first owner; None if there is a member already.

    An earlier one stops working.
    """
    if await queries.members.count(tx):
        return None
    await queries.members.drop_links(tx, "setup")
    return await new_link(tx, "setup", None, "", hours=24)


async def check_link(tx: Tx, purpose: str, token: str) -> OneTimeLinkRow:
    """Raises NotFound if the link was used, is over or is for something else."""
    row = await queries.members.link(tx, hashed(token)) if 0 < len(token) <= 200 else None
    if row is None or row.purpose != purpose or row.used_at is not None or row.expires_at <= tx.now:
        raise NotFound("This link was used before, or is too old")
    return row


async def use_link(tx: Tx, purpose: str, token: str) -> OneTimeLinkRow:
    """Use a link up. Raises NotFound."""
    row = await check_link(tx, purpose, token)
    if not await queries.members.use_link(tx, row.token_hash):
        raise NotFound("This link was used before, or is too old")
    return row


async def confirm(tx: Tx, token: str) -> MemberRow:
    """An address was confirmed. Raises NotFound."""
    row = await use_link(tx, "confirm", token)
    await queries.members.set_value(tx, row.member_id or 0, "email_confirmed_at", tx.now)
    member = await queries.members.by_id(tx, row.member_id or 0)
    if member is None:
        raise NotFound("This link was used before, or is too old")
    return member


async def create_owner(
    tx: Tx, site: Site, token: str, username: str, email: str, password_hash: str, new: NewKeys
) -> MemberRow:
    """The first owner, by the set-up link. Raises NotFound, Invalid."""
    await use_link(tx, "setup", token)
    member, _ = await add(tx, site, username, email, password_hash, new, role="owner", by_operator=False)
    return member


# --- log-in


async def find_for_log_in(tx: Tx, login: str) -> MemberRow | None:
    """A member by address or name."""
    login = _plain(login)
    if not 0 < len(login) <= 250 or not login.isprintable():
        return None
    if "@" in login:
        return await queries.members.by_email(tx, login)
    return await queries.members.by_username(tx, login)


def _plain(login: str) -> str:
    """However it is spelled, it is counted and looked up as one name."""
    return login.strip().lstrip("@").strip().lower()


async def check_attempts(tx: Tx, login: str, address: str) -> None:
    """Raises TooMany after too many failures for a name or from an address."""
    since = tx.now - ATTEMPTS_WINDOW
    for subject, most in _subjects(login, address):
        if await queries.members.attempts(tx, subject, since) >= most:
            raise TooMany(tx.now + ATTEMPTS_WINDOW, "Too many attempts. Please wait a few minutes.")


def _subjects(login: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    named = hashlib.sha256(f"account:{_plain(login)}".encode("utf-8", "replace")).hexdigest()
    placed = hashlib.sha256(f"address:{address}".encode()).hexdigest()
    return (named, ATTEMPTS_ACCOUNT), (placed, ATTEMPTS_ADDRESS)


async def failed(tx: Tx, login: str, address: str) -> None:
    """Remember a failed attempt."""
    await queries.members.drop_attempts(tx, tx.now - 24 * HOUR)
    for subject, _ in _subjects(login, address):
        await queries.members.add_attempt(tx, subject)


async def log_in(tx: Tx, member: MemberRow, login: str, address: str, user_agent: str) -> str:
    """The password was right: the word for the cookie. Raises Forbidden, with what to wait for."""
    if member.disabled_at is not None:
        raise Forbidden("Your account is disabled. Please ask the people who run this community.")
    if member.email_confirmed_at is None:
        raise Forbidden("Please confirm your address first: we sent you a link by mail.")
    if member.approved_at is None:
        raise Forbidden("Your request to join has not been approved yet.")
    await queries.members.forget_attempts(tx, _subjects(login, address)[0][0])
    return await sessions.begin(tx, member, user_agent)


# --- changes


async def by_id(tx: Tx, member_id: int) -> MemberRow:
    """Raises NotFound."""
    row = await queries.members.by_id(tx, member_id)
    if row is None:
        raise NotFound
    return row


async def by_username(tx: Tx, username: str) -> MemberRow:
    """Raises NotFound."""
    row = await queries.members.by_username(tx, username)
    if row is None:
        raise NotFound(f"There is no member named {username}")
    return row


async def everybody(tx: Tx) -> list[tuple[MemberRow, str]]:
    """All members with the names of their main accounts."""
    return await queries.members.everybody(tx)


async def approve(tx: Tx, member: MemberRow) -> None:
    await queries.members.set_value(tx, member.id, "approved_at", tx.now)
    tx.emit(events.MEMBER_CHANGED, member_id=member.id)


async def set_role(tx: Tx, member: MemberRow, role: str) -> None:
    """Raises Invalid for a word that is no role, Forbidden for the last owner."""
    if role not in ROLES:
        raise Invalid("role", f"must be one of {', '.join(ROLES)}")
    if role != "owner":
        await owners.keep_one(tx, member.id)
    await queries.members.set_value(tx, member.id, "role", role)
    tx.emit(events.MEMBER_CHANGED, member_id=member.id)


async def set_password(tx: Tx, member: MemberRow, password_hash: str) -> None:
    """A new password: browsers and apps have to log in again, and links for a new one are over."""
    await queries.members.set_value(tx, member.id, "password_hash", password_hash)
    await queries.members.drop_links_of(tx, "reset", member.id)
    await sessions.end_all(tx, member.id)
    await tokens.revoke_all(tx, member.id)


async def set_disabled(tx: Tx, member: MemberRow, *, disabled: bool) -> None:
    """Keep a member out, or let them in again. Raises Forbidden for the last owner."""
    if disabled:
        await owners.keep_one(tx, member.id)
    await queries.members.set_value(tx, member.id, "disabled_at", tx.now if disabled else None)
    if disabled:
        await sessions.end_all(tx, member.id)
        await tokens.revoke_all(tx, member.id)
        await invitations.revoke_all(tx, member.id)
    tx.emit(events.MEMBER_CHANGED, member_id=member.id)


async def counts(tx: Tx) -> tuple[int, int, int]:
    """Members, and how many were active in a month and in half a year."""
    month, half_year = tx.now - 30 * 24 * HOUR, tx.now - 182 * 24 * HOUR
    return (
        await queries.members.count_in(tx),
        await queries.members.count_active(tx, month),
        await queries.members.count_active(tx, half_year),
    )
