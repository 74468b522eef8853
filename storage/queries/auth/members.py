"""Members, the accounts they act as, one-time links and log-in attempts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs
from sqlalchemy import bindparam, delete, exists, func, or_, select, update

from storage.engine import Tx
from storage.rows.auth import MemberRow, OneTimeLinkRow
from storage.statements import columns_of, one_of, row_or_none, upsert
from storage.tables.accounts import accounts
from storage.tables.auth import login_attempts, member_accounts, members, one_time_links

COLUMNS = columns_of(members, MemberRow)
_of_account = select(*COLUMNS).select_from(
    members.join(member_accounts, member_accounts.c.member_id == members.c.id).join(
        accounts, accounts.c.id == member_accounts.c.account_id
    )
)
ADD = upsert(members).on_conflict_do_nothing()
ADD_ACCOUNT = upsert(member_accounts).on_conflict_do_nothing()
BY_ID = select(*COLUMNS).where(members.c.id == bindparam("id"))
BY_EMAIL = select(*COLUMNS).where(members.c.email_lower == bindparam("email"))
BY_USERNAME = _of_account.where(
    accounts.c.username_lower == bindparam("username"), accounts.c.domain == "", member_accounts.c.main
)
BY_ACCOUNT = _of_account.where(accounts.c.id == bindparam("account_id"), member_accounts.c.main)
MAIN_ACCOUNT = select(member_accounts.c.account_id).where(
    member_accounts.c.member_id == bindparam("member_id"), member_accounts.c.main
)
DELETED = (
    select(accounts.c.id)
    .join(member_accounts, member_accounts.c.account_id == accounts.c.id)
    .where(
        member_accounts.c.member_id == bindparam("member_id"),
        member_accounts.c.main,
        accounts.c.deleted_at.is_not(None),
    )
)
ALL = (
    select(*COLUMNS, accounts.c.username)
    .select_from(
        members.join(member_accounts, member_accounts.c.member_id == members.c.id).join(
            accounts, accounts.c.id == member_accounts.c.account_id
        )
    )
    .where(member_accounts.c.main)
    .order_by(members.c.id)
)
NAMES = (
    select(member_accounts.c.member_id, accounts.c.username)
    .join(accounts, accounts.c.id == member_accounts.c.account_id)
    .where(one_of(member_accounts.c.member_id, "ids"), member_accounts.c.main)
)
MODERATORS = (
    select(member_accounts.c.account_id)
    .select_from(members.join(member_accounts, member_accounts.c.member_id == members.c.id))
    .where(members.c.role != "member", member_accounts.c.main, members.c.disabled_at.is_(None))
)
ADMIN_EMAILS = (
    select(members.c.email)
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
OWNERS = (
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
SET = {
    name: update(members).where(members.c.id == bindparam("b_id")).values({name: bindparam("b_value")})
    for name in SETTABLE
}
SET_EMAIL = (
    update(members)
    .where(members.c.id == bindparam("b_id"))
    .values(email=bindparam("b_email"), email_lower=bindparam("b_lower"))
)
REMOVE = delete(members).where(members.c.id == bindparam("id"))
SPEND_INVITES = (
    update(members)
    .where(members.c.id == bindparam("b_id"), members.c.invites_left >= bindparam("b_least"))
    .values(invites_left=members.c.invites_left - bindparam("b_uses"))
)
COUNT = select(func.count()).select_from(members)
COUNT_ACTIVE = select(func.count()).where(
    members.c.approved_at.is_not(None),
    members.c.disabled_at.is_(None),
    members.c.active_at > bindparam("since"),
)
COUNT_IN = select(func.count()).where(members.c.approved_at.is_not(None), members.c.disabled_at.is_(None))

ADD_LINK = upsert(one_time_links)
LINK = select(*columns_of(one_time_links, OneTimeLinkRow)).where(
    one_time_links.c.token_hash == bindparam("token_hash")
)
USE_LINK = (
    update(one_time_links)
    .where(one_time_links.c.token_hash == bindparam("b_hash"), one_time_links.c.used_at.is_(None))
    .values(used_at=bindparam("b_now"))
)
HAS_LINK = select(one_time_links.c.member_id).where(
    one_time_links.c.purpose == bindparam("purpose"),
    one_time_links.c.member_id == bindparam("member_id"),
    one_time_links.c.used_at.is_(None),
)
DROP_LINKS_OF = delete(one_time_links).where(
    one_time_links.c.purpose == bindparam("purpose"), one_time_links.c.member_id == bindparam("member_id")
)
DROP_OLD_LINKS = delete(one_time_links).where(one_time_links.c.expires_at <= bindparam("until"))
DROP_LINKS = delete(one_time_links).where(one_time_links.c.purpose == bindparam("purpose"))
ADD_ATTEMPT = upsert(login_attempts)
ATTEMPTS = select(func.count()).where(
    login_attempts.c.subject == bindparam("subject"), login_attempts.c.at > bindparam("since")
)
DROP_ATTEMPTS = delete(login_attempts).where(login_attempts.c.at <= bindparam("until"))
FORGET_ATTEMPTS = delete(login_attempts).where(login_attempts.c.subject == bindparam("subject"))


async def add(tx: Tx, row: MemberRow) -> bool:
    """Add a member; False if the address is taken."""
    return bool(await tx.run(ADD, email_lower=row.email.lower(), **structs.asdict(row)))


async def add_account(tx: Tx, member_id: int, account_id: int, *, main: bool) -> None:
    await tx.run(ADD_ACCOUNT, member_id=member_id, account_id=account_id, main=main)


async def by_id(tx: Tx, member_id: int) -> MemberRow | None:
    return row_or_none(MemberRow, await tx.one(BY_ID, id=member_id))


async def by_email(tx: Tx, email: str) -> MemberRow | None:
    return row_or_none(MemberRow, await tx.one(BY_EMAIL, email=email.lower()))


async def by_username(tx: Tx, username: str) -> MemberRow | None:
    return row_or_none(MemberRow, await tx.one(BY_USERNAME, username=username.lower()))


async def by_account(tx: Tx, account_id: int) -> MemberRow | None:
    return row_or_none(MemberRow, await tx.one(BY_ACCOUNT, account_id=account_id))


async def main_account(tx: Tx, member_id: int) -> int | None:
    found: int | None = await tx.value(MAIN_ACCOUNT, member_id=member_id)
    return found


async def is_deleted(tx: Tx, member_id: int) -> bool:
    """True if a member's main account is deleted."""
    return await tx.value(DELETED, member_id=member_id) is not None


async def everybody(tx: Tx) -> list[tuple[MemberRow, str]]:
    """All members with the name of their main account."""
    return [(MemberRow(*tuple(row)[:-1]), row[-1]) for row in await tx.all(ALL)]


async def names(tx: Tx, ids: Sequence[int]) -> dict[int, str]:
    """Names of main accounts by the member's id."""
    return {row[0]: row[1] for row in await tx.all(NAMES, ids=list(ids))}


async def moderators(tx: Tx) -> list[int]:
    """Accounts of those who moderate."""
    return await tx.values(MODERATORS)


async def admin_emails(tx: Tx) -> list[str]:
    """Addresses of admins and owners."""
    return await tx.values(ADMIN_EMAILS)


async def owners(tx: Tx) -> list[int]:
    """Owners who can log in, held until the transaction ends."""
    return await tx.values(OWNERS)


async def set_value(tx: Tx, member_id: int, name: str, value: Any) -> None:
    """Write one of SETTABLE."""
    await tx.run(SET[name], b_id=member_id, b_value=value)


async def set_email(tx: Tx, member_id: int, email: str) -> None:
    """Raises Conflict if somebody else has the address."""
    await tx.run(SET_EMAIL, b_id=member_id, b_email=email, b_lower=email.lower())


async def remove(tx: Tx, member_id: int) -> None:
    """Forget a member, with its sessions and links; accounts are not touched."""
    await tx.run(REMOVE, id=member_id)


async def spend_invites(tx: Tx, member_id: int, uses: int) -> bool:
    """Take from a member's budget, or give back if negative; False if too few are left."""
    return bool(await tx.run(SPEND_INVITES, b_id=member_id, b_uses=uses, b_least=uses))


async def count(tx: Tx) -> int:
    """All, also those who are not let in yet."""
    return int(await tx.value(COUNT))


async def count_in(tx: Tx) -> int:
    """Those who are let in."""
    return int(await tx.value(COUNT_IN))


async def count_active(tx: Tx, since: int) -> int:
    return int(await tx.value(COUNT_ACTIVE, since=since))


async def add_link(tx: Tx, row: OneTimeLinkRow) -> None:
    await tx.run(ADD_LINK, **structs.asdict(row))


async def link(tx: Tx, token_hash: str) -> OneTimeLinkRow | None:
    return row_or_none(OneTimeLinkRow, await tx.one(LINK, token_hash=token_hash))


async def use_link(tx: Tx, token_hash: str) -> bool:
    """Use a link up; False if it was used before."""
    return bool(await tx.run(USE_LINK, b_hash=token_hash, b_now=tx.now))


async def drop_links(tx: Tx, purpose: str) -> None:
    await tx.run(DROP_LINKS, purpose=purpose)


async def has_link(tx: Tx, purpose: str, member_id: int) -> bool:
    """True if a member has an unused link for this."""
    return await tx.value(HAS_LINK, purpose=purpose, member_id=member_id) is not None


async def drop_links_of(tx: Tx, purpose: str, member_id: int) -> None:
    await tx.run(DROP_LINKS_OF, purpose=purpose, member_id=member_id)


async def drop_old_links(tx: Tx, until: int) -> None:
    await tx.run(DROP_OLD_LINKS, until=until)


async def add_attempt(tx: Tx, subject: str) -> None:
    await tx.run(ADD_ATTEMPT, id=tx.new_id(), subject=subject, at=tx.now)


async def attempts(tx: Tx, subject: str, since: int) -> int:
    return int(await tx.value(ATTEMPTS, subject=subject, since=since))


async def drop_attempts(tx: Tx, until: int) -> None:
    await tx.run(DROP_ATTEMPTS, until=until)


async def forget_attempts(tx: Tx, subject: str) -> None:
    await tx.run(FORGET_ATTEMPTS, subject=subject)
