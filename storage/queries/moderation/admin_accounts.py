"""Accounts as moderators search them, and the members behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Text, and_, bindparam, delete, exists, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage.engine import Page, ReadTx, Tx
from storage.rows.auth import MemberRow
from storage.statements import PagedStatement, columns_of, one_of
from storage.tables.accounts import accounts
from storage.tables.auth import invitations, member_accounts, member_addresses, members, one_time_links

_origin = bindparam("origin", type_=Text())
_status = bindparam("status", type_=Text())
_with_members = accounts.outerjoin(
    member_accounts, and_(member_accounts.c.account_id == accounts.c.id, member_accounts.c.main)
).outerjoin(members, members.c.id == member_accounts.c.member_id)
_inviter = member_accounts.alias("inviter")


def _matches_prefix(column: Any, name: str) -> ColumnElement[bool]:
    """Match the bound pattern, or everything if it is ''."""
    pattern = bindparam(name, type_=Text())
    return or_(pattern == "", column.like(pattern, escape="\\"))


_is_invited = exists(
    select(literal(1))
    .select_from(invitations.join(_inviter, _inviter.c.member_id == invitations.c.created_by_id))
    .where(
        invitations.c.id == members.c.invitation_id,
        _inviter.c.main,
        _inviter.c.account_id == bindparam("invited_by"),
    )
)
_has_address = exists(
    select(literal(1)).where(
        member_addresses.c.member_id == members.c.id, one_of(member_addresses.c.address, "addresses")
    )
)
_is_pending = and_(
    members.c.id.is_not(None), members.c.approved_at.is_(None), accounts.c.deleted_at.is_(None)
)
_status_conditions = {
    "active": and_(
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
        members.c.disabled_at.is_(None),
        or_(members.c.id.is_(None), members.c.approved_at.is_not(None)),
    ),
    "pending": _is_pending,
    "disabled": members.c.disabled_at.is_not(None),
    "sensitized": accounts.c.sensitized_at.is_not(None),
    "silenced": accounts.c.silenced_at.is_not(None),
    "suspended": accounts.c.suspended_at.is_not(None),
}
STATUSES = tuple(_status_conditions)
LIST_PAGE = PagedStatement(
    select(accounts.c.id)
    .select_from(_with_members)
    .where(
        or_(accounts.c.domain != "", accounts.c.kind != "Application"),
        or_(
            _origin == "",
            and_(_origin == "local", accounts.c.domain == ""),
            and_(_origin == "remote", accounts.c.domain != ""),
        ),
        or_(
            _status == "",
            *(and_(_status == name, condition) for name, condition in _status_conditions.items()),
        ),
        or_(bindparam("any_role", type_=Boolean()), one_of(members.c.role, "roles")),
        or_(bindparam("invited_by", type_=BigInteger()) == 0, _is_invited),
        _matches_prefix(accounts.c.username_lower, "username"),
        _matches_prefix(accounts.c.name_folded, "display_name"),
        or_(bindparam("domain", type_=Text()) == "", accounts.c.domain == bindparam("domain")),
        _matches_prefix(members.c.email_lower, "email"),
        or_(
            bindparam("name", type_=Text()) == "",
            _matches_prefix(accounts.c.username_lower, "name"),
            _matches_prefix(accounts.c.name_folded, "folded_name"),
            _matches_prefix(members.c.email_lower, "name"),
        ),
        or_(bindparam("any_address", type_=Boolean()), _has_address),
    ),
    accounts.c.id,
)
LOAD_MEMBERS = (
    select(member_accounts.c.account_id, *columns_of(members, MemberRow))
    .join(members, members.c.id == member_accounts.c.member_id)
    .where(one_of(member_accounts.c.account_id, "ids"), member_accounts.c.main)
)
LOAD_INVITERS = (
    select(members.c.id, _inviter.c.account_id)
    .join(invitations, invitations.c.id == members.c.invitation_id)
    .join(_inviter, _inviter.c.member_id == invitations.c.created_by_id)
    .where(one_of(members.c.id, "ids"), _inviter.c.main)
)
COUNT_PENDING = select(func.count()).select_from(_with_members).where(_is_pending)
COUNT_WAITING = select(func.count()).where(
    or_(members.c.approved_at.is_(None), members.c.email_confirmed_at.is_(None))
)
_has_open_link = exists(
    select(literal(1)).where(
        one_time_links.c.member_id == members.c.id,
        one_time_links.c.purpose == "confirm",
        one_time_links.c.used_at.is_(None),
        one_time_links.c.expires_at > bindparam("now"),
    )
)
LIST_EXPIRED = (
    select(members.c.id, accounts.c.id)
    .select_from(_with_members)
    .where(
        accounts.c.domain == "",
        accounts.c.suspended_at.is_(None),
        members.c.disabled_at.is_(None),
        or_(
            and_(
                members.c.email_confirmed_at.is_(None),
                members.c.created_at <= bindparam("unconfirmed"),
                ~_has_open_link,
            ),
            and_(members.c.approved_at.is_(None), members.c.created_at <= bindparam("unreviewed")),
        ),
    )
    .order_by(members.c.id)
    .limit(bindparam("limit"))
)
DELETE_ACCOUNT = delete(accounts).where(accounts.c.id == bindparam("account_id"), accounts.c.domain == "")
DELETE_MEMBER = delete(members).where(members.c.id == bindparam("member_id"))


async def list_page(tx: ReadTx, page: Page, **params: Any) -> list[int]:
    """Return account ids, newest first; `params` are the parameters of LIST_PAGE, '' and 0 mean any."""
    return sorted(await tx.values(LIST_PAGE.for_page(page), **params, **page.bind_params()), reverse=True)


async def load_members(tx: ReadTx, account_ids: Sequence[int]) -> dict[int, MemberRow]:
    """Return members by the id of their main account."""
    records = await tx.all(LOAD_MEMBERS, ids=list(account_ids))
    return {record[0]: MemberRow(*tuple(record)[1:]) for record in records}


async def load_inviters(tx: ReadTx, member_ids: Sequence[int]) -> dict[int, int]:
    """Return the id of the account that invited each member, by member id."""
    return {row[0]: row[1] for row in await tx.all(LOAD_INVITERS, ids=list(member_ids))}


async def count_pending(tx: ReadTx) -> int:
    return int(await tx.value(COUNT_PENDING))


async def count_waiting(tx: ReadTx) -> int:
    """Return the number of members who are not confirmed or not approved yet."""
    return int(await tx.value(COUNT_WAITING))


async def list_expired(
    tx: ReadTx, unconfirmed_until: int, unreviewed_until: int, limit: int
) -> list[tuple[int, int]]:
    """Return ids of members and their accounts, unconfirmed or unapproved since before these moments.

    Those to whom a link was sent that still works are left out.
    """
    rows = await tx.all(
        LIST_EXPIRED, now=tx.now, unconfirmed=unconfirmed_until, unreviewed=unreviewed_until, limit=limit
    )
    return [(int(member_id), int(account_id)) for member_id, account_id in rows]


async def delete_pending(tx: Tx, member_id: int, account_id: int) -> None:
    """Delete a member who was never approved, and their account: username and email are free again."""
    await tx.run(DELETE_ACCOUNT, account_id=account_id)
    await tx.run(DELETE_MEMBER, member_id=member_id)
