"""Accounts as moderators see them: with the member, their IP addresses, and who invited them.

docs.joinmastodon.org/methods/admin/accounts
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from addresses.hosts import normalize_host
from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from fedserver.domain.accounts.accounts import to_folded_pattern
from fedserver.domain.auth import members
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.text.ip_addresses import parse_address, parse_customer_network
from storage.engine import Page, ReadTx, to_like_pattern
from storage.queries.auth import member_activity as member_activity_queries
from storage.queries.moderation import admin_accounts as admin_account_queries
from storage.rows.auth import MemberRow

STATUSES = admin_account_queries.STATUSES
STAFF = ("owner", "admin", "moderator")


class AdminAccountView(Struct, frozen=True):
    """An account; `member` is None for remote ones. `addresses` are pairs of IP address and last use."""

    view: AccountView
    member: MemberRow | None
    addresses: tuple[tuple[str, int], ...]
    invited_by_id: int | None  # id of an account


class AdminAccountQuery(Struct, frozen=True, kw_only=True):
    """The accounts to list; '' and 0 mean any."""

    origin: str = ""  # local, remote
    status: str = ""  # one of STATUSES
    roles: Sequence[str] = ()
    invited_by_id: int = 0
    username: str = ""
    display_name: str = ""
    domain: str = ""
    email: str = ""
    ip: str = ""
    name: str = ""  # of a member: the beginning of username, display name or email address


async def list_page(tx: ReadTx, query: AdminAccountQuery, page: Page) -> list[AdminAccountView]:
    """Return a page of accounts, newest first. Raises InvalidError."""
    if query.origin not in ("", "local", "remote"):
        raise InvalidError("origin", "must be local or remote")
    if query.status and query.status not in STATUSES:
        raise InvalidError("status", f"must be one of {', '.join(STATUSES)}")
    if not set(query.roles) <= set(members.ROLES):
        raise InvalidError("role_ids", "does not reference valid roles")
    ids = await admin_account_queries.list_page(
        tx,
        page,
        origin=query.origin,
        status=query.status,
        any_role=not query.roles,
        roles=list(query.roles),
        invited_by=query.invited_by_id,
        username=_prefix_pattern(query.username.lstrip("@")),
        display_name=to_folded_pattern(query.display_name) if query.display_name.strip() else "",
        domain=normalize_host(query.domain) or query.domain.strip(),
        email=_prefix_pattern(query.email),
        name=_prefix_pattern(query.name.strip().lstrip("@")),
        folded_name=to_folded_pattern(query.name),
        any_address=not query.ip,
        addresses=await _list_addresses(tx, query.ip) if query.ip else [],
    )
    views = await load(tx, ids)
    return [views[account_id] for account_id in ids if account_id in views]


def _prefix_pattern(text: str) -> str:
    text = text.strip().lower()
    return to_like_pattern(text) if text else ""


async def _list_addresses(tx: ReadTx, text: str) -> list[str]:
    """Return the known IP addresses of members within an address or network. Raises InvalidError."""
    try:
        network = parse_customer_network(text)
    except ValueError as error:
        raise InvalidError("ip", "is not an address or a network") from error
    return [
        text
        for text in await member_activity_queries.list_addresses(tx)
        if (address := parse_address(text)) is not None and address in network
    ]


async def load(tx: ReadTx, ids: Sequence[int]) -> dict[int, AdminAccountView]:
    """Return views by account id, in at most five statements."""
    if not ids:
        return {}
    views = await account_views.load(tx, ids)
    members_by_account = await admin_account_queries.load_members(tx, ids)
    member_ids = [row.id for row in members_by_account.values()]
    addresses = await member_activity_queries.load_addresses(tx, member_ids) if member_ids else {}
    inviters = await admin_account_queries.load_inviters(tx, member_ids) if member_ids else {}
    admin_views = {}
    for account_id, view in views.items():
        member = members_by_account.get(account_id)
        admin_views[account_id] = AdminAccountView(
            view,
            member,
            tuple(addresses.get(member.id, ())) if member is not None else (),
            inviters.get(member.id) if member is not None else None,
        )
    return admin_views


async def get(tx: ReadTx, account_id: int) -> AdminAccountView:
    """Return an account. Raises NotFoundError, also for the instance actor of this node."""
    admin_view = (await load(tx, [account_id])).get(account_id)
    if admin_view is None:
        raise NotFoundError
    account = admin_view.view.account
    if not account.domain and account.kind == "Application":
        raise NotFoundError
    return admin_view


async def count_pending(tx: ReadTx) -> int:
    """Return how many sign-ups wait for approval."""
    return await admin_account_queries.count_pending(tx)
