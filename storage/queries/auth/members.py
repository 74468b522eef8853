"""Members, their accounts, one-time links and login attempts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs
from sqlalchemy import bindparam, delete, exists, func, or_, select, update

from storage.engine import ReadTx, Tx
from storage.rows.auth import MemberRow, OneTimeLinkRow
from storage.statements import columns_of, one_of, to_row_or_none, upsert
from storage.tables.accounts import accounts
from storage.tables.auth import member_accounts, members, one_time_links

COLUMNS = columns_of(members, MemberRow)
_of_account = select(*COLUMNS).select_from(
    members.join(member_accounts, member_accounts.c.member_id == members.c.id).join(
        accounts, accounts.c.id == member_accounts.c.account_id
    )
)
INSERT = upsert(members).on_conflict_do_nothing()
INSERT_ACCOUNT = upsert(member_accounts).on_conflict_do_nothing()
FIND = select(*COLUMNS).where(members.c.id == bindparam("id"))
FIND_BY_EMAIL = select(*COLUMNS).where(members.c.email_lower == bindparam("email"))
FIND_BY_USERNAME = _of_account.where(
    accounts.c.username_lower == bindparam("username"), accounts.c.domain == "", member_accounts.c.main
)
FIND_BY_ACCOUNT = _of_account.where(accounts.c.id == bindparam("account_id"), member_accounts.c.main)
FIND_MAIN_ACCOUNT_ID = select(member_accounts.c.account_id).where(
    member_accounts.c.member_id == bindparam("member_id"), member_accounts.c.main
)
IS_DELETED = (
    select(accounts.c.id)
    .join(member_accounts, member_accounts.c.account_id == accounts.c.id)
    .where(
        member_accounts.c.member_id == bindparam("member_id"),
        member_accounts.c.main,
        accounts.c.deleted_at.is_not(None),
    )
)
LIST_ALL = (
    select(*COLUMNS, accounts.c.username)
    .select_from(
        members.join(member_accounts, member_accounts.c.member_id == members.c.id).join(
            accounts, accounts.c.id == member_accounts.c.account_id
        )
    )
    .where(member_accounts.c.main)
    .order_by(members.c.id)
)
LOAD_NAMES = (
    select(member_accounts.c.member_id, accounts.c.username)
    .join(accounts, accounts.c.id == member_accounts.c.account_id)
    .where(one_of(member_accounts.c.member_id, "ids"), member_accounts.c.main)
)
LIST_MODERATOR_ACCOUNT_IDS = (
    select(member_accounts.c.account_id)
    .select_from(members.join(member_accounts, member_accounts.c.member_id == members.c.id))
    .where(members.c.role != "member", member_accounts.c.main, members.c.disabled_at.is_(None))
)
LIST_ADMIN_EMAILS = (
    select(members.c.id, members.c.email)
    .where(or_(members.c.role == "admin", members.c.role == "owner"), members.c.disabled_at.is_(None))
    .order_by(members.c.id)
)
_has_account = exists(
    select(member_accounts.c.account_id)
    .select_from(member_accounts.join(accounts, accounts.c.id == member_accounts.c.account_id))
    .where(
        member_accounts.c.member_id == members.c.id,
        member_accounts.c.main,
        accounts.c.deleted_at.is_(None),
        accounts.c.suspended_at.is_(None),
    )
)
FIND_ACTIVE_OWNER = (
    select(members.c.id)
    .where(
        members.c.role == "owner",
        members.c.disabled_at.is_(None),
        members.c.approved_at.is_not(None),
        members.c.email_confirmed_at.is_not(None),
        _has_account,
    )
    .limit(1)
)
LOCK_OWNERS = (
    select(members.c.id)
    .where(
        members.c.role == "owner",
        members.c.disabled_at.is_(None),
        members.c.approved_at.is_not(None),
        members.c.email_confirmed_at.is_not(None),
        _has_account,
    )
    .order_by(members.c.id)
    .with_for_update()
)
SETTABLE = (
    "email_confirmed_at", "approved_at", "disabled_at", "password_hash", "role", "settings", "invites_left",
    "active_at", "invitation_id",
)  # fmt: skip
SET_VALUE = {
    name: update(members).where(members.c.id == bindparam("b_id")).values({name: bindparam("b_value")})
    for name in SETTABLE
}
SET_EMAIL = (
    update(members)
    .where(members.c.id == bindparam("b_id"))
    .values(email=bindparam("b_email"), email_lower=bindparam("b_lower"))
)
DELETE_BY_ID = delete(members).where(members.c.id == bindparam("id"))
SPEND_INVITES = (
    update(members)
    .where(members.c.id == bindparam("b_id"), members.c.invites_left >= bindparam("b_least"))
    .values(invites_left=members.c.invites_left - bindparam("b_uses"))
)
COUNT_ALL = select(func.count()).select_from(members)
COUNT_ACTIVE = select(func.count()).where(
    members.c.approved_at.is_not(None),
    members.c.disabled_at.is_(None),
    members.c.active_at > bindparam("since"),
)
COUNT_APPROVED = select(func.count()).where(
    members.c.approved_at.is_not(None), members.c.disabled_at.is_(None)
)

INSERT_LINK = upsert(one_time_links)
FIND_LINK = select(*columns_of(one_time_links, OneTimeLinkRow)).where(
    one_time_links.c.token_hash == bindparam("token_hash")
)
MARK_LINK_USED = (
    update(one_time_links)
    .where(one_time_links.c.token_hash == bindparam("b_hash"), one_time_links.c.used_at.is_(None))
    .values(used_at=bindparam("b_now"))
)
DELETE_LINKS_BY_MEMBER = delete(one_time_links).where(
    one_time_links.c.purpose == bindparam("purpose"), one_time_links.c.member_id == bindparam("member_id")
)
DELETE_EXPIRED_LINKS = delete(one_time_links).where(one_time_links.c.expires_at <= bindparam("until"))
DELETE_LINKS = delete(one_time_links).where(one_time_links.c.purpose == bindparam("purpose"))


async def insert(tx: Tx, row: MemberRow) -> bool:
    """Add a member; return False if the e-mail address is taken."""
    return bool(await tx.run(INSERT, email_lower=row.email.lower(), **structs.asdict(row)))


async def insert_account(tx: Tx, member_id: int, account_id: int, *, main: bool) -> None:
    await tx.run(INSERT_ACCOUNT, member_id=member_id, account_id=account_id, main=main)


async def find(tx: ReadTx, member_id: int) -> MemberRow | None:
    return to_row_or_none(MemberRow, await tx.one(FIND, id=member_id))


async def find_by_email(tx: ReadTx, email: str) -> MemberRow | None:
    return to_row_or_none(MemberRow, await tx.one(FIND_BY_EMAIL, email=email.lower()))


async def find_by_username(tx: ReadTx, username: str) -> MemberRow | None:
    return to_row_or_none(MemberRow, await tx.one(FIND_BY_USERNAME, username=username.lower()))


async def find_by_account(tx: ReadTx, account_id: int) -> MemberRow | None:
    return to_row_or_none(MemberRow, await tx.one(FIND_BY_ACCOUNT, account_id=account_id))


async def find_main_account_id(tx: ReadTx, member_id: int) -> int | None:
    account_id: int | None = await tx.value(FIND_MAIN_ACCOUNT_ID, member_id=member_id)
    return account_id


async def is_deleted(tx: ReadTx, member_id: int) -> bool:
    """Return True if a member's main account is deleted."""
    return await tx.value(IS_DELETED, member_id=member_id) is not None


async def list_all(tx: ReadTx) -> list[tuple[MemberRow, str]]:
    """Return all members with the names of their main accounts."""
    return [(MemberRow(*tuple(row)[:-1]), row[-1]) for row in await tx.all(LIST_ALL)]


async def load_names(tx: ReadTx, ids: Sequence[int]) -> dict[int, str]:
    """Return names of main accounts by member id."""
    return {row[0]: row[1] for row in await tx.all(LOAD_NAMES, ids=list(ids))}


async def list_moderator_account_ids(tx: ReadTx) -> list[int]:
    """Return the main accounts of moderators, admins and owners."""
    return await tx.values(LIST_MODERATOR_ACCOUNT_IDS)


async def list_admin_emails(tx: ReadTx) -> list[tuple[int, str]]:
    """Return the ids and addresses of admins and owners who can log in."""
    return [(int(member_id), str(email)) for member_id, email in await tx.all(LIST_ADMIN_EMAILS)]


async def lock_owners(tx: ReadTx) -> list[int]:
    """Return the owners who can log in, locking their rows until the transaction ends."""
    return await tx.values(LOCK_OWNERS)


async def has_active_owner(tx: ReadTx) -> bool:
    """Return True if there is an owner who can log in."""
    return await tx.value(FIND_ACTIVE_OWNER) is not None


async def set_value(tx: Tx, member_id: int, name: str, value: Any) -> None:
    """Write one of the SETTABLE columns."""
    await tx.run(SET_VALUE[name], b_id=member_id, b_value=value)


async def set_email(tx: Tx, member_id: int, email: str) -> None:
    """Write the e-mail address. Raises Conflict if it is taken."""
    await tx.run(SET_EMAIL, b_id=member_id, b_email=email, b_lower=email.lower())


async def delete_by_id(tx: Tx, member_id: int) -> None:
    """Delete a member with their sessions and links; accounts are not touched."""
    await tx.run(DELETE_BY_ID, id=member_id)


async def spend_invites(tx: Tx, member_id: int, uses: int) -> bool:
    """Take from a member's budget, or return to it if negative; return False if too few are left."""
    return bool(await tx.run(SPEND_INVITES, b_id=member_id, b_uses=uses, b_least=uses))


async def count_all(tx: ReadTx) -> int:
    """Return the number of members, including those not let in yet."""
    return int(await tx.value(COUNT_ALL))


async def count_approved(tx: ReadTx) -> int:
    """Return the number of confirmed and approved members."""
    return int(await tx.value(COUNT_APPROVED))


async def count_active(tx: ReadTx, since: int) -> int:
    return int(await tx.value(COUNT_ACTIVE, since=since))


async def insert_link(tx: Tx, row: OneTimeLinkRow) -> None:
    await tx.run(INSERT_LINK, **structs.asdict(row))


async def find_link(tx: ReadTx, token_hash: str) -> OneTimeLinkRow | None:
    return to_row_or_none(OneTimeLinkRow, await tx.one(FIND_LINK, token_hash=token_hash))


async def mark_link_used(tx: Tx, token_hash: str) -> bool:
    """Mark a link as used; return False if it was used before."""
    return bool(await tx.run(MARK_LINK_USED, b_hash=token_hash, b_now=tx.now))


async def delete_links(tx: Tx, purpose: str) -> None:
    await tx.run(DELETE_LINKS, purpose=purpose)


async def delete_links_by_member(tx: Tx, purpose: str, member_id: int) -> None:
    await tx.run(DELETE_LINKS_BY_MEMBER, purpose=purpose, member_id=member_id)


async def delete_expired_links(tx: Tx, until: int) -> None:
    await tx.run(DELETE_EXPIRED_LINKS, until=until)
