"""Members: people of this organization who can log in.

`domain.registration` holds how they join, `login` how they log in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct, structs

from addresses.emails import normalize_email
from fedserver.domain.accounts import accounts, owners
from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.kernel import events
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.text.languages import normalize_language
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow

# Highest first: `outranks` compares positions. What each may do: domain/kernel/roles.py.
ROLES = ("owner", "admin", "moderator", "member")
MAX_REASON = 1_000  # characters of a request to join
VISIBILITIES = ("public", "unlisted", "followers", "direct", "local")
QUOTE_POLICIES = ("public", "followers", "nobody")
HOUR_MS = 3_600_000


Theme = Literal["auto", "light", "dark", "contrast"]
TextSize = Literal["normal", "large", "larger", "largest"]


class MemberSettings(Struct, frozen=True):
    """The preferences of a member; clients read some of them."""

    visibility: str = "public"
    sensitive: bool = False
    language: str | None = None
    expand_media: Literal["default", "show_all", "hide_all"] = "default"
    expand_warnings: bool = False
    autoplay_gifs: bool = False
    theme: Theme = "auto"
    quote_policy: Literal["public", "followers", "nobody"] = "public"
    locale: str = ""  # of pages and mails; '' is automatic
    first_steps_dismissed: bool = False  # home no longer shows the first steps of a new member
    text_size: TextSize = "normal"
    reduce_motion: bool = False


DEFAULT_SETTINGS = MemberSettings()


class NewMember(Struct, frozen=True):
    """The data of a sign-up; the password is hashed already, '' for none."""

    username: str
    email: str
    password_hash: str
    reason: str = ""
    invitation: str = ""
    locale: str = "en"
    display_name: str = ""
    address: str = ""  # the IP address they come from, '' if unknown


_decode_settings = msgspec.json.Decoder(MemberSettings).decode
encode = msgspec.json.Encoder().encode


def decode_settings(member: MemberRow) -> MemberSettings:
    """Return a member's preferences."""
    return _decode_settings(member.settings)


def apply_preferences(current: MemberSettings, changes: Mapping[str, Any]) -> MemberSettings:
    """Return the settings with visibility, sensitive, language or quote policy changed.

    Raises InvalidError.
    """
    changed = structs.replace(current, **changes)
    if changed.visibility not in VISIBILITIES:
        raise InvalidError("source[privacy]", "is not a visibility")
    if changed.quote_policy not in QUOTE_POLICIES:
        raise InvalidError("source[quote_policy]", f"must be one of {', '.join(QUOTE_POLICIES)}")
    return structs.replace(changed, language=normalize_language(changed.language))


async def set_settings(tx: Tx, member: MemberRow, new_settings: MemberSettings) -> None:
    """Save the preferences of a member."""
    await member_queries.set_value(tx, member.id, "settings", encode(new_settings).decode())


def check_email(email: str) -> str:
    """Return the address in its normal form. Raises InvalidError."""
    normalized = normalize_email(email)
    if not normalized:
        raise InvalidError(
            "email",
            "is not an address that mail can be sent to",
            message=gettext("Please enter an email address, such as ann@mail.example."),
        )
    return normalized


async def create_approved(
    tx: Tx,
    site: NodeContext,
    username: str,
    email: str,
    password_hash: str,
    new_keys: NewKeys,
    *,
    role: str = "member",
    by_operator: bool = True,
) -> tuple[MemberRow, AccountRow]:
    """Create a member who is confirmed and approved. Raises InvalidError."""
    if role not in ROLES:
        raise InvalidError("role", f"must be one of {', '.join(ROLES)}")
    wanted = NewMember(username, email, password_hash)
    member, account = await create(tx, site, wanted, new_keys, by_operator=by_operator)
    await member_queries.set_value(tx, member.id, "role", role)
    for name in ("email_confirmed_at", "approved_at"):
        await member_queries.set_value(tx, member.id, name, tx.now)
    await member_queries.delete_links(tx, "setup")
    approved = await member_queries.find(tx, member.id)
    assert approved is not None
    return approved, account


async def create(
    tx: Tx, site: NodeContext, new_member: NewMember, new_keys: NewKeys, *, by_operator: bool
) -> tuple[MemberRow, AccountRow]:
    """Create a member who is neither confirmed nor approved yet. Raises InvalidError."""
    email = check_email(new_member.email)
    account = await accounts.create_local(
        tx, site, new_member.username, new_keys, display_name=new_member.display_name, by_operator=by_operator
    )
    member = MemberRow(
        id=tx.new_id(),
        email=email,
        password_hash=new_member.password_hash,
        role="member",
        reason=clean_lines("reason", new_member.reason, MAX_REASON),
        locale=new_member.locale[:10],
        settings=encode(MemberSettings()).decode(),
        invitation_id=None,
        invites_left=site.config.registration.invites_per_member,
        created_at=tx.now,
        email_confirmed_at=None,
        approved_at=None,
        disabled_at=None,
        active_at=None,
    )
    if not await member_queries.insert(tx, member):
        raise InvalidError("email", "has already been taken", "ERR_TAKEN")
    await member_queries.insert_account(tx, member.id, account.id, main=True)
    return member, account


async def get(tx: ReadTx, member_id: int) -> MemberRow:
    """Return a member by id. Raises NotFoundError."""
    row = await member_queries.find(tx, member_id)
    if row is None:
        raise NotFoundError
    return row


async def get_by_username(tx: ReadTx, username: str) -> MemberRow:
    """Return a member by username. Raises NotFoundError."""
    row = await member_queries.find_by_username(tx, username)
    if row is None:
        raise NotFoundError(gettext("There is no member named %(name)s.", name=username))
    return row


async def find_by_account(tx: ReadTx, account_id: int) -> MemberRow | None:
    """Return the member whose account it is, None for an account of a peer."""
    return await member_queries.find_by_account(tx, account_id)


async def list_all(tx: ReadTx) -> list[tuple[MemberRow, str]]:
    """Return all members with the names of their main accounts."""
    return await member_queries.list_all(tx)


async def approve(tx: Tx, member: MemberRow) -> None:
    """Approve a member who asked to join."""
    await member_queries.set_value(tx, member.id, "approved_at", tx.now)
    tx.emit(events.MEMBER_CHANGED, member_id=member.id)


async def set_role(tx: Tx, member: MemberRow, role: str) -> None:
    """Set the role of a member.

    Raises InvalidError for an unknown role, ForbiddenError for the last owner.
    """
    if role not in ROLES:
        raise InvalidError("role", f"must be one of {', '.join(ROLES)}")
    if role != "owner":
        await owners.ensure_not_last_owner(tx, member.id)
    await member_queries.set_value(tx, member.id, "role", role)
    account_id = await member_queries.find_main_account_id(tx, member.id)
    if account_id is not None:
        await account_queries.touch(tx, account_id)
    tx.emit(events.MEMBER_CHANGED, member_id=member.id)


def outranks(first: MemberRow, second: MemberRow) -> bool:
    """Return True if the role of the first is above that of the second."""
    return ROLES.index(first.role) < ROLES.index(second.role)


async def count_by_activity(tx: ReadTx) -> tuple[int, int, int]:
    """Return the number of members, and how many were active in the last month and half year."""
    month, half_year = tx.now - 30 * 24 * HOUR_MS, tx.now - 182 * 24 * HOUR_MS
    return (
        await member_queries.count_approved(tx),
        await member_queries.count_active(tx, month),
        await member_queries.count_active(tx, half_year),
    )
