"""Accounts as moderators see them: with the member behind them, addresses, and who invited whom.

docs.joinmastodon.org/methods/admin/accounts
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

from msgspec import Struct

from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from fedserver.domain.accounts.accounts import to_folded_pattern, to_like_pattern
from fedserver.domain.auth import ip_blocks, members
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from storage.engine import Tx
from storage.paging import Page
from storage.queries.auth import member_activity as member_activity_queries
from storage.queries.moderation import admin_accounts as admin_account_queries
from storage.rows.auth import MemberRow

STATUSES = admin_account_queries.STATUSES
STAFF = ("owner", "admin", "moderator")


class AdminAccountView(Struct, frozen=True):
    """An account; `member` is None for those of peers. Addresses are pairs of address and last use."""

    view: AccountView
    member: MemberRow | None
    addresses: tuple[tuple[str, int], ...]
    invited_by_id: int | None  # an account


class AdminAccountQuery(Struct, frozen=True, kw_only=True):
    """Which accounts are wanted; '' and 0 stand for any."""

    origin: str = ""  # local, remote
    status: str = ""  # one of STATUSES
    roles: Sequence[str] = ()
    invited_by_id: int = 0
    username: str = ""
    display_name: str = ""
    domain: str = ""
    email: str = ""
    ip: str = ""


async def list_page(tx: Tx, query: AdminAccountQuery, page: Page) -> list[AdminAccountView]:
    """A page of accounts, newest first. Raises Invalid."""
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
        domain=query.domain.strip().lower(),
        email=_prefix_pattern(query.email),
        any_address=not query.ip,
        addresses=await _list_addresses(tx, query.ip) if query.ip else [],
    )
    found = await load(tx, ids)
    return [found[each] for each in ids if each in found]


def _prefix_pattern(text: str) -> str:
    text = text.strip().lower()
    return to_like_pattern(text) if text else ""


async def _list_addresses(tx: Tx, text: str) -> list[str]:
    """The addresses that members came from within an address or network. Raises Invalid."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise InvalidError("ip", "is not an address or a network") from error
    known = await member_activity_queries.list_addresses(tx)
    return [
        each for each in known if (found := ip_blocks.parse_address(each)) is not None and found in network
    ]


async def load(tx: Tx, ids: Sequence[int]) -> dict[int, AdminAccountView]:
    """Views by id: at most five statements."""
    if not ids:
        return {}
    views = await account_views.load(tx, ids)
    behind = await admin_account_queries.load_members(tx, ids)
    member_ids = [row.id for row in behind.values()]
    addresses = await member_activity_queries.load_addresses(tx, member_ids) if member_ids else {}
    invited = await admin_account_queries.load_inviters(tx, member_ids) if member_ids else {}
    found = {}
    for account_id, view in views.items():
        member = behind.get(account_id)
        found[account_id] = AdminAccountView(
            view,
            member,
            tuple(addresses.get(member.id, ())) if member is not None else (),
            invited.get(member.id) if member is not None else None,
        )
    return found


async def get(tx: Tx, account_id: int) -> AdminAccountView:
    """Raises NotFound."""
    found = (await load(tx, [account_id])).get(account_id)
    if found is None or (not found.view.account.domain and found.view.account.kind == "Application"):
        raise NotFoundError
    return found


async def count_pending(tx: Tx) -> int:
    """How many ask to join."""
    return await admin_account_queries.count_pending(tx)
