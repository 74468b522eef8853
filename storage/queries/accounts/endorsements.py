"""Accounts that members feature on their profiles."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts.hidden import bind_viewer, is_not_hidden
from storage.statements import PagedStatement, upsert
from storage.tables.accounts import accounts, endorsements

INSERT = upsert(endorsements).on_conflict_do_nothing()
DELETE = delete(endorsements).where(
    endorsements.c.account_id == bindparam("account_id"), endorsements.c.target_id == bindparam("target_id")
)
LIST_BY_ACCOUNT = PagedStatement(
    select(endorsements.c.id, endorsements.c.target_id)
    .join(accounts, accounts.c.id == endorsements.c.target_id)
    .where(
        endorsements.c.account_id == bindparam("account_id"),
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
        is_not_hidden(endorsements.c.target_id),
    ),
    endorsements.c.id,
)


async def insert(tx: Tx, account_id: int, target_id: int) -> bool:
    """Feature an account; return False if it is featured already."""
    values = {"id": tx.new_id(), "account_id": account_id, "target_id": target_id}
    return bool(await tx.run(INSERT, **values, created_at=tx.now))


async def delete_endorsement(tx: Tx, account_id: int, target_id: int) -> bool:
    return bool(await tx.run(DELETE, account_id=account_id, target_id=target_id))


async def list_by_account(
    tx: ReadTx, account_id: int, viewer_id: int | None, page: Page
) -> list[tuple[int, int]]:
    """Return cursors and ids, newest first, without accounts hidden from the viewer."""
    params = {"account_id": account_id, "viewer_id": bind_viewer(viewer_id), "now": tx.now}
    rows = await tx.all(LIST_BY_ACCOUNT.for_page(page), **params, **page.bind_params())
    return sorted(((row[0], row[1]) for row in rows), reverse=True)
