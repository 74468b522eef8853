"""Collections: accounts that a member recommends together (docs.joinmastodon.org/methods/collections).

Accounts are only added with consent (FEP-7aa9): a local account consents by being discoverable, and may
revoke that at any time; then it cannot be added again. A remote account stays *pending*, visible to the owner
only, as peers are not asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_line
from fedserver.text.languages import normalize_language
from fedserver.text.names import is_hashtag
from storage.engine import MAX_ID, ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import collections as collection_queries
from storage.queries.accounts import relations as relation_queries
from storage.rows.accounts import AccountRow, CollectionItemRow, CollectionRow

MAX_COLLECTIONS, MAX_ITEMS = 10, 25  # few enough to show a collection as a whole
MAX_NAME, MAX_DESCRIPTION = 40, 100  # characters
ANONYMOUS_ID = -1  # no account has it: nobody blocks a visitor who is not logged in


class CollectionView(Struct, frozen=True):
    """A collection with the items that its viewer may see."""

    row: CollectionRow
    items: tuple[CollectionItemRow, ...]


class CollectionChange(Struct, frozen=True, kw_only=True):
    """A change of a collection; UNSET keeps the value, or means the default in a new collection."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    sensitive: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    tag: str | UnsetType = UNSET


async def get(tx: ReadTx, collection_id: int, viewer_id: int | None) -> CollectionView:
    """Return a collection. Raises NotFoundError, also if its owner blocks the viewer."""
    row = await collection_queries.find(tx, collection_id, _viewer_or_anonymous(viewer_id))
    if row is None:
        raise NotFoundError
    return (await _load_views(tx, [row], viewer_id))[0]


async def list_by_account(
    tx: ReadTx, account_id: int, viewer_id: int | None, limit: int, offset: int
) -> list[CollectionView]:
    """Return an account's collections, newest first."""
    rows = await collection_queries.list_by_account(
        tx, account_id, _viewer_or_anonymous(viewer_id), limit, offset
    )
    return await _load_views(tx, rows, viewer_id)


async def list_containing(
    tx: ReadTx, account_id: int, viewer_id: int | None, limit: int, offset: int
) -> list[CollectionView]:
    """Return the collections that contain an account, newest first."""
    rows = await collection_queries.list_containing(
        tx, account_id, _viewer_or_anonymous(viewer_id), limit, offset
    )
    return await _load_views(tx, rows, viewer_id)


def _viewer_or_anonymous(viewer_id: int | None) -> int:
    return ANONYMOUS_ID if viewer_id is None else viewer_id


async def _load_views(
    tx: ReadTx, rows: Sequence[CollectionRow], viewer_id: int | None
) -> list[CollectionView]:
    if not rows:
        return []
    items: dict[int, list[CollectionItemRow]] = {}
    for item in await collection_queries.load_visible_items(
        tx, [row.id for row in rows], _viewer_or_anonymous(viewer_id)
    ):
        items.setdefault(item.collection_id, []).append(item)
    return [CollectionView(row, tuple(items.get(row.id, ()))) for row in rows]


async def _get_owned(tx: ReadTx, actor: AccountRow, collection_id: int) -> CollectionRow:
    row = await collection_queries.find(tx, collection_id, actor.id)
    if row is None or row.account_id != actor.id:
        raise NotFoundError
    return row


async def create(
    tx: Tx, site: NodeContext, actor: AccountRow, change: CollectionChange, account_ids: Sequence[int] = ()
) -> CollectionView:
    """Create a collection with all of the accounts, or none. Raises InvalidError."""
    if await collection_queries.count_by_account(tx, actor.id) >= MAX_COLLECTIONS:
        raise InvalidError("base", f"You may have {MAX_COLLECTIONS} collections")
    collection_id = tx.new_id()
    blank = CollectionRow(
        id=collection_id,
        uri=site.links.actor_endpoint(actor.uri, f"collections/{collection_id}"),
        account_id=actor.id,
        name="",
        description="",
        language=None,
        sensitive=False,
        discoverable=True,
        tag="",
        created_at=tx.now,
        updated_at=tx.now,
    )
    row = _apply_change(blank, change, tx.now)
    await collection_queries.insert_collection(tx, row)
    await _add_accounts(tx, actor, row, account_ids)
    return (await _load_views(tx, [row], actor.id))[0]


async def update(tx: Tx, actor: AccountRow, collection_id: int, change: CollectionChange) -> CollectionView:
    """Change a collection of `actor`. Raises NotFoundError, InvalidError."""
    row = _apply_change(await _get_owned(tx, actor, collection_id), change, tx.now)
    await collection_queries.update_details(tx, row)
    return (await _load_views(tx, [row], actor.id))[0]


def _apply_change(row: CollectionRow, change: CollectionChange, now: int) -> CollectionRow:
    values = {name: value for name, value in structs.asdict(change).items() if value is not UNSET}
    row = structs.replace(row, **values, updated_at=now)
    language = normalize_language(row.language)
    if row.language and language is None:
        raise InvalidError("language", "is not a language")
    name = clean_line("name", row.name, MAX_NAME)
    if not name:
        raise InvalidError("name", "can't be blank", "ERR_BLANK")
    description = clean_line("description", row.description, MAX_DESCRIPTION)
    return structs.replace(
        row, name=name, description=description, language=language, tag=_parse_tag(row.tag)
    )


def _parse_tag(text: str) -> str:
    name = text.strip().removeprefix("#")
    if name and not is_hashtag(name):
        raise InvalidError("tag_name", "is not a hashtag")
    return name


async def delete(tx: Tx, actor: AccountRow, collection_id: int) -> None:
    """Remove a collection of `actor`. Raises NotFoundError."""
    if not await collection_queries.delete_owned(tx, actor.id, collection_id):
        raise NotFoundError


async def add_account(tx: Tx, actor: AccountRow, collection_id: int, account_id: int) -> CollectionItemRow:
    """Add an account to a collection. Raises NotFoundError, InvalidError, also without its consent."""
    return (await _add_accounts(tx, actor, await _get_owned(tx, actor, collection_id), [account_id]))[0]


async def _add_accounts(
    tx: Tx, actor: AccountRow, row: CollectionRow, account_ids: Sequence[int]
) -> list[CollectionItemRow]:
    wanted = list(dict.fromkeys(account_ids))
    if not wanted:
        return []
    if not all(0 < account_id <= MAX_ID for account_id in wanted):
        raise InvalidError("account_id", "is not known")
    existing = {item.account_id: item for item in await collection_queries.list_items(tx, row.id)}
    if len(wanted) + sum(item.state != "revoked" for item in existing.values()) > MAX_ITEMS:
        raise InvalidError("account_ids", f"are more than {MAX_ITEMS}", "ERR_TOO_LONG")
    targets = {target.id: target for target in await account_queries.load_by_ids(tx, wanted)}
    facts = await relation_queries.load_facts(tx, actor.id, wanted)
    blocked = {*facts.get("blocking", {}), *facts.get("blocked_by", {})}
    items = []
    for account_id in wanted:
        target = targets.get(account_id)
        if target is None or target.deleted_at is not None or target.suspended_at is not None:
            raise InvalidError("account_id", "is not known")
        former = existing.get(account_id)
        if former is not None and former.state != "revoked":
            raise InvalidError("account", "has already been taken", "ERR_TAKEN")
        if former is not None or account_id in blocked or not _has_consent(actor, target):
            raise InvalidError("account_id", "is of somebody who does not want to be in collections")
        state = "pending" if target.domain else "accepted"
        items.append(CollectionItemRow(tx.new_id(), row.id, account_id, state, tx.now))
    await collection_queries.insert_items(tx, items)
    return items


def _has_consent(actor: AccountRow, target: AccountRow) -> bool:
    return target.id == actor.id or (target.discoverable and target.kind != "Application")


async def remove_item(tx: Tx, actor: AccountRow, collection_id: int, item_id: int) -> None:
    """Remove an item from a collection of `actor`. Raises NotFoundError."""
    view = await get(tx, collection_id, actor.id)
    if view.row.account_id != actor.id or all(item.id != item_id for item in view.items):
        raise NotFoundError
    await collection_queries.delete_item(tx, item_id)


async def revoke(tx: Tx, actor: AccountRow, collection_id: int, item_id: int) -> None:
    """Revoke the consent of `actor` to be in a collection. Raises NotFoundError."""
    view = await get(tx, collection_id, actor.id)
    if all(item.id != item_id or item.account_id != actor.id for item in view.items):
        raise NotFoundError
    await collection_queries.set_item_state(tx, item_id, "revoked")
