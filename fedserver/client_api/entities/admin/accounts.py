"""Admin::Account and Admin::Ip (docs.joinmastodon.org/entities/Admin_Account)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.accounts import ROLE_IDS, Account, Role, render_account, render_role
from fedserver.client_api.entities.times import to_iso
from fedserver.domain.moderation import admin_accounts
from fedserver.links import Links

ROLE_NAMES = {number: name for name, number in ROLE_IDS.items()}


class AdminIp(Struct, frozen=True):
    ip: str
    used_at: str


class AdminAccount(Struct, frozen=True, kw_only=True):
    id: str
    username: str
    domain: str | None
    created_at: str
    email: str
    ip: str | None
    ips: list[AdminIp]
    locale: str
    invite_request: str | None
    role: Role
    confirmed: bool
    approved: bool
    disabled: bool
    silenced: bool
    suspended: bool
    sensitized: bool
    account: Account
    created_by_application_id: str | None = None
    invited_by_account_id: str | None = None


def render_admin_account(links: Links, admin_view: admin_accounts.AdminAccountView) -> AdminAccount:
    """Return an account as moderators see it.

    Remote accounts have no member, so what belongs to one is empty.
    """
    row, member = admin_view.view.account, admin_view.member
    ips = [AdminIp(address, to_iso(used_at)) for address, used_at in admin_view.addresses]
    return AdminAccount(
        id=str(row.id),
        username=row.username,
        domain=row.domain or None,
        created_at=to_iso(row.created_at),
        email=member.email if member else "",
        ip=ips[0].ip if ips else None,
        ips=ips,
        locale=member.locale if member else "",
        invite_request=(member.reason or None) if member else None,
        role=render_role(member.role if member else "member"),
        confirmed=member is not None and member.email_confirmed_at is not None,
        approved=member is None or member.approved_at is not None,
        disabled=member is not None and member.disabled_at is not None,
        silenced=row.silenced_at is not None,
        suspended=row.suspended_at is not None or (row.deleted_at is not None and not row.domain),
        sensitized=row.sensitized_at is not None,
        account=render_account(links, admin_view.view),
        invited_by_account_id=str(admin_view.invited_by_id) if admin_view.invited_by_id is not None else None,
    )


def find_role_name(number: str) -> str:
    """Return the name of a role by its id, '' if there is none."""
    return ROLE_NAMES.get(number, "")
