"""Collections: accounts that somebody recommends together (docs.joinmastodon.org/methods/collections).

Nobody is in there without consent (FEP-7aa9): one of our accounts consents by being discoverable, and may
take that back at any time; then it is not put in there again. An account of a peer stays *pending*, seen by
the owner only, as long as peers are not asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import Invalid, NotFound
from fedserver.text.language import normal_language
from fedserver.text.markup import scan
from fedserver.text.sanitize import clean_name
from storage.engine import Tx
from storage.paging import MAX_ID
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import collections as collection_queries
from storage.queries.accounts import relations as relation_queries
from storage.rows.accounts import AccountRow, CollectionItemRow, CollectionRow

MOST, MOST_ITEMS = 10, 25
MAX_NAME, MAX_DESCRIPTION = 40, 100
STRANGER = -1


class CollectionView(Struct, frozen=True):
    """A collection with what its viewer may know of its content."""

    row: CollectionRow
    items: tuple[CollectionItemRow, ...]


class Change(Struct, frozen=True, kw_only=True):
    """What the owner writes; what is UNSET stays as it is, or gets its default in a new collection."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    sensitive: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    tag: str | UnsetType = UNSET


async def get(tx: Tx, collection_id: int, viewer_id: int | None) -> CollectionView:
    """A collection. Raises NotFound, also for one of an owner who blocks the viewer."""
    row = await collection_queries.one(tx, collection_id, _id(viewer_id))
    if row is None:
        raise NotFound
    return (await _views(tx, [row], viewer_id))[0]


async def of_account(
    tx: Tx, account_id: int, viewer_id: int | None, limit: int, offset: int
) -> list[CollectionView]:
    """An account's collections, newest first."""
    rows = await collection_queries.of_account(tx, account_id, _id(viewer_id), limit, offset)
    return await _views(tx, rows, viewer_id)


async def with_account(
    tx: Tx, account_id: int, viewer_id: int | None, limit: int, offset: int
) -> list[CollectionView]:
    """The collections that an account is in, newest first."""
    rows = await collection_queries.with_account(tx, account_id, _id(viewer_id), limit, offset)
    return await _views(tx, rows, viewer_id)


def _id(viewer_id: int | None) -> int:
    return STRANGER if viewer_id is None else viewer_id


async def _views(tx: Tx, rows: Sequence[CollectionRow], viewer_id: int | None) -> list[CollectionView]:
    if not rows:
        return []
    found: dict[int, list[CollectionItemRow]] = {}
    for item in await collection_queries.items(tx, [row.id for row in rows], _id(viewer_id)):
        found.setdefault(item.collection_id, []).append(item)
    return [CollectionView(row, tuple(found.get(row.id, ()))) for row in rows]


async def _own(tx: Tx, actor: AccountRow, collection_id: int) -> CollectionRow:
    row = await collection_queries.one(tx, collection_id, actor.id)
    if row is None or row.account_id != actor.id:
        raise NotFound
    return row


async def create(
    tx: Tx, site: Site, actor: AccountRow, wanted: Change, account_ids: Sequence[int] = ()
) -> CollectionView:
    """Make a collection with accounts in it, all or none. Raises Invalid."""
    if await collection_queries.count(tx, actor.id) >= MOST:
        raise Invalid("base", f"You may have {MOST} collections")
    identifier = tx.new_id()
    blank = CollectionRow(
        id=identifier,
        uri=site.links.part(actor.uri, f"collections/{identifier}"),
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
    row = _written(blank, wanted, tx.now)
    await collection_queries.add(tx, row)
    await _put(tx, actor, row, account_ids)
    return (await _views(tx, [row], actor.id))[0]


async def update(tx: Tx, actor: AccountRow, collection_id: int, change: Change) -> CollectionView:
    """Change what is given. Raises NotFound, Invalid."""
    row = _written(await _own(tx, actor, collection_id), change, tx.now)
    await collection_queries.change(tx, row)
    return (await _views(tx, [row], actor.id))[0]


def _written(row: CollectionRow, change: Change, now: int) -> CollectionRow:
    values = {name: value for name, value in structs.asdict(change).items() if value is not UNSET}
    row = structs.replace(row, **values, updated_at=now)
    language = normal_language(row.language)
    if row.language and language is None:
        raise Invalid("language", "is not a language")
    name = _line("name", row.name, MAX_NAME)
    if not name:
        raise Invalid("name", "can't be blank", "ERR_BLANK")
    description = _line("description", row.description, MAX_DESCRIPTION)
    return structs.replace(row, name=name, description=description, language=language, tag=_tag(row.tag))


def _line(field: str, text: str, most: int) -> str:
    line = clean_name(text, len(text))
    if len(line) > most:
        raise Invalid(field, f"is longer than {most} characters", "ERR_TOO_LONG")
    return line


def _tag(text: str) -> str:
    name = text.strip().removeprefix("#")
    if name and scan(f"#{name}").hashtags != (name,):
        raise Invalid("tag_name", "is not a hashtag")
    return name


async def remove(tx: Tx, actor: AccountRow, collection_id: int) -> None:
    """Remove a collection of one's own. Raises NotFound."""
    if not await collection_queries.remove(tx, actor.id, collection_id):
        raise NotFound


async def add_account(tx: Tx, actor: AccountRow, collection_id: int, account_id: int) -> CollectionItemRow:
    """Put an account into a collection. Raises NotFound, Invalid, also without its consent."""
    return (await _put(tx, actor, await _own(tx, actor, collection_id), [account_id]))[0]


async def _put(
    tx: Tx, actor: AccountRow, row: CollectionRow, account_ids: Sequence[int]
) -> list[CollectionItemRow]:
    wanted = list(dict.fromkeys(account_ids))
    if not wanted:
        return []
    if not all(0 < each <= MAX_ID for each in wanted):
        raise Invalid("account_id", "is not known")
    there = {item.account_id: item for item in await collection_queries.all_items(tx, row.id)}
    if len(wanted) + sum(item.state != "revoked" for item in there.values()) > MOST_ITEMS:
        raise Invalid("account_ids", f"are more than {MOST_ITEMS}", "ERR_TOO_LONG")
    targets = {target.id: target for target in await account_queries.by_ids(tx, wanted)}
    facts = await relation_queries.facts(tx, actor.id, wanted)
    parted = {*facts.get("blocking", {}), *facts.get("blocked_by", {})}
    items = []
    for account_id in wanted:
        target = targets.get(account_id)
        if target is None or target.deleted_at is not None or target.suspended_at is not None:
            raise Invalid("account_id", "is not known")
        former = there.get(account_id)
        if former is not None and former.state != "revoked":
            raise Invalid("account", "has already been taken", "ERR_TAKEN")
        if former is not None or account_id in parted or not _consents(actor, target):
            raise Invalid("account_id", "is of somebody who does not want to be in collections")
        state = "pending" if target.domain else "accepted"
        items.append(CollectionItemRow(tx.new_id(), row.id, account_id, state, tx.now))
    await collection_queries.add_items(tx, items)
    return items


def _consents(actor: AccountRow, target: AccountRow) -> bool:
    return target.id == actor.id or (target.discoverable and target.kind != "Application")


async def remove_item(tx: Tx, actor: AccountRow, collection_id: int, item_id: int) -> None:
    """Take an account out of a collection of one's own. Raises NotFound."""
    view = await get(tx, collection_id, actor.id)
    if view.row.account_id != actor.id or all(item.id != item_id for item in view.items):
        raise NotFound
    await collection_queries.remove_item(tx, item_id)


async def revoke(tx: Tx, actor: AccountRow, collection_id: int, item_id: int) -> None:
    """`actor` does not want to be in there any more. Raises NotFound."""
    view = await get(tx, collection_id, actor.id)
    if all(item.id != item_id or item.account_id != actor.id for item in view.items):
        raise NotFound
    await collection_queries.set_state(tx, item_id, "revoked")
