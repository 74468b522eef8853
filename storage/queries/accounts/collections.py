"""Collections of recommended accounts, and their items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import (
    BigInteger,
    Boolean,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from storage.engine import ReadTx, Tx
from storage.queries.accounts.hidden import is_not_hidden
from storage.rows.accounts import CollectionItemRow, CollectionRow
from storage.statements import columns_of, equals_any, one_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts, collection_items, collections
from storage.tables.relationships import blocks

COLUMNS = columns_of(collections, CollectionRow)
_viewer = bindparam("viewer_id", type_=BigInteger())
_own = collections.c.account_id == _viewer
_account_visible = and_(accounts.c.suspended_at.is_(None), accounts.c.deleted_at.is_(None))
_blocked_by_owner = exists(
    select(literal(1)).where(blocks.c.account_id == collections.c.account_id, blocks.c.target_id == _viewer)
)
_visible = (
    select(*COLUMNS)
    .join(accounts, accounts.c.id == collections.c.account_id)
    .where(_account_visible, ~_blocked_by_owner)
)
INSERT = insert(collections)
FIND = _visible.where(collections.c.id == bindparam("id"))
COUNT_BY_ACCOUNT = select(func.count()).where(collections.c.account_id == bindparam("account_id"))
DETAIL_COLUMNS = ("name", "description", "language", "sensitive", "discoverable", "tag", "updated_at")
UPDATE_DETAILS = (
    update(collections)
    .where(collections.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in DETAIL_COLUMNS})
)
DELETE_OWNED = delete(collections).where(
    collections.c.id == bindparam("id"), collections.c.account_id == bindparam("account_id")
)
LIST_BY_ACCOUNT = (
    _visible.where(collections.c.account_id == bindparam("account_id"), or_(_own, collections.c.discoverable))
    .order_by(collections.c.id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
LIST_CONTAINING = (
    _visible.where(
        or_(collections.c.discoverable, bindparam("unlisted_too", type_=Boolean())),
        exists(
            select(literal(1)).where(
                collection_items.c.collection_id == collections.c.id,
                collection_items.c.account_id == bindparam("account_id"),
                collection_items.c.state == "accepted",
            )
        ),
    )
    .order_by(collections.c.id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
# Pending items are visible to the owner only.
LOAD_VISIBLE_ITEMS = (
    select(*columns_of(collection_items, CollectionItemRow))
    .select_from(
        collection_items.join(accounts, accounts.c.id == collection_items.c.account_id).join(
            collections, collections.c.id == collection_items.c.collection_id
        )
    )
    .where(
        one_of(collection_items.c.collection_id, "ids"),
        _account_visible,
        or_(
            and_(_own, equals_any(collection_items.c.state, "pending", "accepted")),
            and_(
                collection_items.c.state == "accepted",
                or_(accounts.c.id == _viewer, is_not_hidden(collection_items.c.account_id)),
            ),
        ),
    )
    .order_by(collection_items.c.id)
)
LIST_ITEMS = select(*columns_of(collection_items, CollectionItemRow)).where(
    collection_items.c.collection_id == bindparam("collection_id")
)
INSERT_ITEM = upsert(collection_items).on_conflict_do_nothing()
SET_ITEM_STATE = (
    update(collection_items)
    .where(collection_items.c.id == bindparam("b_id"))
    .values(state=bindparam("b_state"))
)
DELETE_ITEM = delete(collection_items).where(collection_items.c.id == bindparam("id"))
DELETE_ACCOUNT_ITEMS = delete(collection_items).where(
    collection_items.c.account_id == bindparam("account_id"),
    collection_items.c.state != "revoked",
    collection_items.c.collection_id.in_(
        select(collections.c.id).where(collections.c.account_id == bindparam("owner_id"))
    ),
)


async def insert_collection(tx: Tx, row: CollectionRow) -> None:
    await tx.run(INSERT, **structs.asdict(row))


async def find(tx: ReadTx, collection_id: int, viewer_id: int) -> CollectionRow | None:
    """Return a collection unless its owner blocks the viewer (-1: not logged in)."""
    return to_row_or_none(CollectionRow, await tx.one(FIND, id=collection_id, viewer_id=viewer_id))


async def count_by_account(tx: ReadTx, account_id: int) -> int:
    return int(await tx.value(COUNT_BY_ACCOUNT, account_id=account_id))


async def update_details(tx: Tx, row: CollectionRow) -> None:
    """Write DETAIL_COLUMNS, those that the owner can change."""
    await tx.run(UPDATE_DETAILS, b_id=row.id, **{f"b_{name}": getattr(row, name) for name in DETAIL_COLUMNS})


async def delete_owned(tx: Tx, account_id: int, collection_id: int) -> bool:
    return bool(await tx.run(DELETE_OWNED, id=collection_id, account_id=account_id))


async def list_by_account(
    tx: ReadTx, account_id: int, viewer_id: int, limit: int, offset: int
) -> list[CollectionRow]:
    """Return an account's collections, newest first; undiscoverable ones for the owner only."""
    params = {"account_id": account_id, "viewer_id": viewer_id, "limit": limit, "offset": offset}
    return to_rows(CollectionRow, await tx.all(LIST_BY_ACCOUNT, **params))


async def list_containing(
    tx: ReadTx, account_id: int, viewer_id: int, limit: int, offset: int
) -> list[CollectionRow]:
    """Return collections that contain an account, newest first; undiscoverable ones for that account only."""
    params = {"account_id": account_id, "viewer_id": viewer_id, "limit": limit, "offset": offset}
    own = account_id == viewer_id
    return to_rows(CollectionRow, await tx.all(LIST_CONTAINING, unlisted_too=own, **params))


async def load_visible_items(tx: ReadTx, ids: Sequence[int], viewer_id: int) -> list[CollectionItemRow]:
    """Return the items of collections that the viewer may see, oldest first."""
    rows = await tx.all(LOAD_VISIBLE_ITEMS, ids=list(ids), viewer_id=viewer_id, now=tx.now)
    return to_rows(CollectionItemRow, rows)


async def list_items(tx: ReadTx, collection_id: int) -> list[CollectionItemRow]:
    """Return all items of a collection, whatever their state."""
    return to_rows(CollectionItemRow, await tx.all(LIST_ITEMS, collection_id=collection_id))


async def insert_items(tx: Tx, rows: Iterable[CollectionItemRow]) -> None:
    await tx.run_many(INSERT_ITEM, [structs.asdict(row) for row in rows])


async def set_item_state(tx: Tx, item_id: int, state: str) -> None:
    await tx.run(SET_ITEM_STATE, b_id=item_id, b_state=state)


async def delete_item(tx: Tx, item_id: int) -> None:
    await tx.run(DELETE_ITEM, id=item_id)


async def delete_account_items(tx: Tx, owner_id: int, account_id: int) -> None:
    """Remove an account from all collections of an owner; revoked items stay revoked."""
    await tx.run(DELETE_ACCOUNT_ITEMS, owner_id=owner_id, account_id=account_id)
