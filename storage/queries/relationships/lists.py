"""Lists of accounts.

Statements that find, change or delete a list name its owner. Those about the accounts on a list take its id
alone: callers find the list by its owner first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, exists, func, insert, literal, or_, select, update

from storage.engine import Page, ReadTx, Tx
from storage.rows.relationships import ListRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.relationships import follow_requests, follows, list_accounts, lists
from storage.tables.timelines import home_entries

Pairs = list[tuple[int, int]]
COLUMNS = columns_of(lists, ListRow)
INSERT = insert(lists)
LIST_BY_OWNER = select(*COLUMNS).where(lists.c.account_id == bindparam("owner_id")).order_by(lists.c.id)
FIND = select(*COLUMNS).where(lists.c.account_id == bindparam("owner_id"), lists.c.id == bindparam("id"))
COUNT = select(func.count()).where(lists.c.account_id == bindparam("owner_id"))
LIST_CONTAINING = (
    select(*COLUMNS)
    .join(list_accounts, list_accounts.c.list_id == lists.c.id)
    .where(lists.c.account_id == bindparam("owner_id"), list_accounts.c.account_id == bindparam("account_id"))
    .order_by(lists.c.id)
)
UPDATE = (
    update(lists)
    .where(lists.c.account_id == bindparam("b_owner_id"), lists.c.id == bindparam("b_id"))
    .values(
        title=bindparam("b_title"),
        replies_policy=bindparam("b_replies_policy"),
        exclusive=bindparam("b_exclusive"),
    )
)
DELETE = delete(lists).where(lists.c.account_id == bindparam("owner_id"), lists.c.id == bindparam("id"))

# Accounts that an owner may add to a list: followed or requested ones, and the owner.
LOAD_ADDABLE_IDS = select(accounts.c.id).where(
    one_of(accounts.c.id, "ids"),
    or_(
        accounts.c.id == bindparam("owner_id"),
        exists(
            select(literal(1)).where(
                follows.c.account_id == bindparam("owner_id"), follows.c.target_id == accounts.c.id
            )
        ),
        exists(
            select(literal(1)).where(
                follow_requests.c.account_id == bindparam("owner_id"),
                follow_requests.c.target_id == accounts.c.id,
            )
        ),
    ),
)
LOAD_MEMBER_IDS = select(list_accounts.c.account_id).where(
    list_accounts.c.list_id == bindparam("list_id"), one_of(list_accounts.c.account_id, "ids")
)
# Lists that contain an account, and accounts that are on any list.
LIST_IDS_WITH_ACCOUNT = select(list_accounts.c.list_id).where(
    list_accounts.c.account_id == bindparam("account_id"), one_of(list_accounts.c.list_id, "list_ids")
)
LOAD_LISTED_IDS = (
    select(list_accounts.c.account_id).where(one_of(list_accounts.c.account_id, "ids")).distinct()
)
INSERT_MEMBERS = upsert(list_accounts).on_conflict_do_nothing()
DELETE_MEMBERS = delete(list_accounts).where(
    list_accounts.c.list_id == bindparam("list_id"), one_of(list_accounts.c.account_id, "ids")
)
_select_members = (
    select(list_accounts.c.added_id, list_accounts.c.account_id)
    .join(accounts, accounts.c.id == list_accounts.c.account_id)
    .where(list_accounts.c.list_id == bindparam("list_id"), accounts.c.suspended_at.is_(None))
)
LIST_MEMBERS = PagedStatement(_select_members, list_accounts.c.added_id)
LIST_ALL_MEMBERS = _select_members.order_by(list_accounts.c.added_id.desc())
DELETE_FROM_ALL = delete(list_accounts).where(
    list_accounts.c.account_id == bindparam("account_id"),
    list_accounts.c.list_id.in_(select(lists.c.id).where(lists.c.account_id == bindparam("owner_id"))),
)
# Posts of accounts on an exclusive list do not appear at home.
DELETE_HOME_ENTRIES = delete(home_entries).where(
    home_entries.c.account_id == bindparam("owner_id"),
    home_entries.c.author_id != bindparam("owner_id"),
    home_entries.c.author_id.in_(
        select(list_accounts.c.account_id).where(list_accounts.c.list_id == bindparam("list_id"))
    ),
)


async def insert_list(tx: Tx, row: ListRow) -> None:
    await tx.run(INSERT, **structs.asdict(row))


async def list_by_owner(tx: ReadTx, owner_id: int) -> list[ListRow]:
    return to_rows(ListRow, await tx.all(LIST_BY_OWNER, owner_id=owner_id))


async def find(tx: ReadTx, owner_id: int, list_id: int) -> ListRow | None:
    return to_row_or_none(ListRow, await tx.one(FIND, owner_id=owner_id, id=list_id))


async def count(tx: ReadTx, owner_id: int) -> int:
    return int(await tx.value(COUNT, owner_id=owner_id))


async def list_containing(tx: ReadTx, owner_id: int, account_id: int) -> list[ListRow]:
    """Return the owner's lists with that account on them."""
    return to_rows(ListRow, await tx.all(LIST_CONTAINING, owner_id=owner_id, account_id=account_id))


async def update_list(tx: Tx, row: ListRow) -> None:
    """Write title, replies policy and exclusiveness."""
    await tx.run(
        UPDATE,
        b_owner_id=row.account_id,
        b_id=row.id,
        b_title=row.title,
        b_replies_policy=row.replies_policy,
        b_exclusive=row.exclusive,
    )


async def delete_by_id(tx: Tx, owner_id: int, list_id: int) -> bool:
    return bool(await tx.run(DELETE, owner_id=owner_id, id=list_id))


async def load_addable_ids(tx: ReadTx, owner_id: int, ids: Sequence[int]) -> set[int]:
    """Return those of the accounts that may be added to a list of the owner."""
    return set(await tx.values(LOAD_ADDABLE_IDS, owner_id=owner_id, ids=list(ids)))


async def load_member_ids(tx: ReadTx, list_id: int, ids: Sequence[int]) -> set[int]:
    """Return those of the accounts that are on the list."""
    return set(await tx.values(LOAD_MEMBER_IDS, list_id=list_id, ids=list(ids)))


async def list_ids_with_account(tx: ReadTx, account_id: int, list_ids: Sequence[int]) -> list[int]:
    """Return those of the lists that contain an account."""
    return await tx.values(LIST_IDS_WITH_ACCOUNT, account_id=account_id, list_ids=list(list_ids))


async def load_listed_ids(tx: ReadTx, ids: Sequence[int]) -> set[int]:
    """Return those of the accounts that are on any list."""
    return set(await tx.values(LOAD_LISTED_IDS, ids=list(ids))) if ids else set()


async def insert_members(tx: Tx, list_id: int, account_ids: Iterable[int]) -> None:
    await tx.run_many(
        INSERT_MEMBERS,
        [
            {"list_id": list_id, "account_id": account_id, "added_id": tx.new_id()}
            for account_id in account_ids
        ],
    )


async def delete_members(tx: Tx, list_id: int, account_ids: Sequence[int]) -> None:
    await tx.run(DELETE_MEMBERS, list_id=list_id, ids=list(account_ids))


async def list_members(tx: ReadTx, list_id: int, page: Page | None) -> Pairs:
    """Return cursors and ids, newest first; all of them without a page."""
    if page is None:
        rows = await tx.all(LIST_ALL_MEMBERS, list_id=list_id)
    else:
        rows = await tx.all(LIST_MEMBERS.for_page(page), list_id=list_id, **page.bind_params())
    return sorted(((row[0], row[1]) for row in rows), reverse=True)


async def delete_from_all(tx: Tx, owner_id: int, account_id: int) -> None:
    """Remove an account from all lists of the owner."""
    await tx.run(DELETE_FROM_ALL, owner_id=owner_id, account_id=account_id)


async def delete_home_entries(tx: Tx, owner_id: int, list_id: int) -> None:
    """Remove from the owner's home what only the list's accounts brought there."""
    await tx.run(DELETE_HOME_ENTRIES, owner_id=owner_id, list_id=list_id)
