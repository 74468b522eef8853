"""Domains that accounts mute; subdomains are included."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, exists, func, literal, or_, select

from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts.hosts import IS_ON_DOMAIN, bind_domain
from storage.rows.accounts import AccountRow
from storage.statements import PagedStatement, columns_of, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.notifications import notifications
from storage.tables.relationships import domain_mutes, follow_requests, follows
from storage.tables.timelines import home_entries

INSERT = upsert(domain_mutes).on_conflict_do_nothing()
DELETE = delete(domain_mutes).where(
    domain_mutes.c.account_id == bindparam("account_id"), domain_mutes.c.domain == bindparam("domain")
)


LIST_BY_ACCOUNT = PagedStatement(
    select(domain_mutes.c.created_at, domain_mutes.c.domain).where(
        domain_mutes.c.account_id == bindparam("account_id")
    ),
    domain_mutes.c.created_at,
)
COUNT = select(func.count()).where(domain_mutes.c.account_id == bindparam("account_id"))
# Accounts of the domain with a follow or request in either direction.
LIST_CONNECTED_ACCOUNTS = select(*columns_of(accounts, AccountRow)).where(
    IS_ON_DOMAIN,
    accounts.c.domain != "",
    or_(
        *(
            exists(
                select(literal(1)).where(
                    or_(
                        (table.c.account_id == bindparam("account_id"))
                        & (table.c.target_id == accounts.c.id),
                        (table.c.target_id == bindparam("account_id"))
                        & (table.c.account_id == accounts.c.id),
                    )
                )
            )
            for table in (follows, follow_requests)
        )
    ),
)
_domain_account_ids = select(accounts.c.id).where(IS_ON_DOMAIN, accounts.c.domain != "")
DELETE_HOME_ENTRIES = delete(home_entries).where(
    home_entries.c.account_id == bindparam("account_id"), home_entries.c.author_id.in_(_domain_account_ids)
)
DELETE_NOTIFICATIONS = delete(notifications).where(
    notifications.c.account_id == bindparam("account_id"), notifications.c.from_id.in_(_domain_account_ids)
)


async def insert(tx: Tx, account_id: int, domain: str) -> bool:
    return bool(await tx.run(INSERT, account_id=account_id, domain=domain, created_at=tx.now))


async def delete_by_domain(tx: Tx, account_id: int, domain: str) -> bool:
    return bool(await tx.run(DELETE, account_id=account_id, domain=domain))


async def list_by_account(tx: ReadTx, account_id: int, page: Page) -> list[tuple[int, str]]:
    """Return cursors and domains, newest first."""
    rows = await tx.all(LIST_BY_ACCOUNT.for_page(page), account_id=account_id, **page.bind_params())
    return sorted(((row[0], row[1]) for row in rows), reverse=True)


async def count(tx: ReadTx, account_id: int) -> int:
    return int(await tx.value(COUNT, account_id=account_id))


async def list_connected_accounts(tx: ReadTx, account_id: int, domain: str) -> list[AccountRow]:
    """Return accounts of the domain with a follow or request to or from the account."""
    rows = await tx.all(LIST_CONNECTED_ACCOUNTS, account_id=account_id, **bind_domain(domain))
    return to_rows(AccountRow, rows)


async def delete_content(tx: Tx, account_id: int, domain: str) -> None:
    """Delete posts of the domain from the account's home, and its notifications."""
    for statement in (DELETE_HOME_ENTRIES, DELETE_NOTIFICATIONS):
        await tx.run(statement, account_id=account_id, **bind_domain(domain))
