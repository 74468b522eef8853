"""Collections: only owners change them, and only consenting accounts are in them."""

from __future__ import annotations

from typing import Any

import pytest

from fedserver.domain.accounts import account_removal, accounts, collections
from fedserver.domain.accounts.collections import CollectionChange
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.relationships import blocks
from storage.engine import Database
from storage.queries.accounts import collections as collection_queries
from storage.rows.accounts import AccountRow
from tests.kit.people import create_accounts


async def list_items(
    database: Database, collection_id: int, viewer: AccountRow | None
) -> list[tuple[int, str]]:
    async with database.read() as tx:
        view = await collections.get(tx, collection_id, viewer.id if viewer else None)
    return [(item.account_id, item.state) for item in view.items]


async def test_a_collection_is_made_changed_and_removed(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        view = await collections.create(
            tx, here, ann, CollectionChange(name=" Menders ", tag="#Repair"), [bob.id]
        )
        row = view.row
        assert (row.name, row.tag, row.discoverable, row.sensitive) == ("Menders", "Repair", True, False)
        assert row.uri == f"{ann.uri}/collections/{row.id}"
        changed = await collections.update(
            tx, ann, row.id, CollectionChange(description="d", language="de-at")
        )
        assert (changed.row.name, changed.row.description, changed.row.language) == ("Menders", "d", "de-AT")
        assert changed.items == view.items
        assert (
            await collections.update(tx, ann, row.id, CollectionChange(language=None))
        ).row.language is None
        await collections.delete(tx, ann, row.id)
        with pytest.raises(NotFoundError):
            await collections.get(tx, row.id, ann.id)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": " "},
        {"name": "a" * 41},
        {"name": "a", "description": "d" * 101},
        {"name": "a", "language": "not a language"},
        {"name": "a", "tag": "two words"},
        {"name": "a", "tag": "#"},
    ],
)
async def test_wrong_values_are_refused(
    database: Database, here: NodeContext, values: dict[str, Any]
) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    async with database.write() as tx:
        if values.get("tag") == "#":
            assert (await collections.create(tx, here, ann, CollectionChange(**values))).row.tag == ""
            return
        with pytest.raises(InvalidError):
            await collections.create(tx, here, ann, CollectionChange(**values))


async def test_nobody_changes_anothers_collection(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        row = (await collections.create(tx, here, ann, CollectionChange(name="Mine"), [ann.id])).row
        (item,) = await collection_queries.list_items(tx, row.id)
        for attempt in (
            collections.update(tx, bob, row.id, CollectionChange(name="Yours")),
            collections.delete(tx, bob, row.id),
            collections.add_account(tx, bob, row.id, bob.id),
            collections.remove_item(tx, bob, row.id, item.id),
            collections.revoke(tx, bob, row.id, item.id),
        ):
            with pytest.raises(NotFoundError):
                await attempt
    assert (
        await list_items(database, row.id, bob)
        == [(ann.id, "accepted")]
        == await list_items(database, row.id, None)
    )


async def test_only_consenting_accounts_are_added_and_can_revoke(
    database: Database, here: NodeContext
) -> None:
    ann, bob, shy, eve = await create_accounts(database, here, "ann", "bob", "shy", "eve@beta.test")
    async with database.write() as tx:
        await accounts.update_profile(tx, here, shy, accounts.ProfileChange(discoverable=False))
        row = (await collections.create(tx, here, ann, CollectionChange(name="Menders"))).row
        accepted = await collections.add_account(tx, ann, row.id, bob.id)
        pending = await collections.add_account(tx, ann, row.id, eve.id)
        assert (accepted.state, pending.state) == ("accepted", "pending")
        with pytest.raises(InvalidError):
            await collections.add_account(tx, ann, row.id, shy.id)
        with pytest.raises(InvalidError):
            await collections.add_account(tx, ann, row.id, bob.id)
        for nobody in (1, 0, -5, 1 << 70):
            with pytest.raises(InvalidError):
                await collections.add_account(tx, ann, row.id, nobody)
    assert await list_items(database, row.id, ann) == [(bob.id, "accepted"), (eve.id, "pending")]
    assert await list_items(database, row.id, bob) == [(bob.id, "accepted")]
    async with database.write() as tx:
        with pytest.raises(NotFoundError):
            await collections.revoke(tx, ann, row.id, accepted.id)
        await collections.revoke(tx, bob, row.id, accepted.id)
        with pytest.raises(InvalidError):
            await collections.add_account(tx, ann, row.id, bob.id)
        with pytest.raises(NotFoundError):
            await collections.remove_item(tx, ann, row.id, accepted.id)
        await collections.remove_item(tx, ann, row.id, pending.id)
    assert await list_items(database, row.id, ann) == []


async def test_create_with_one_account_without_consent_adds_none(
    database: Database, here: NodeContext
) -> None:
    ann, bob, shy = await create_accounts(database, here, "ann", "bob", "shy")
    async with database.write() as tx:
        await accounts.update_profile(tx, here, shy, accounts.ProfileChange(discoverable=False))
    with pytest.raises(InvalidError):
        async with database.write() as tx:
            await collections.create(tx, here, ann, CollectionChange(name="All"), [bob.id, shy.id])
    async with database.read() as tx:
        assert await collections.list_by_account(tx, ann.id, ann.id, 40, 0) == []


async def test_blocks_remove_items_and_hide_collections(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    async with database.write() as tx:
        row = (await collections.create(tx, here, ann, CollectionChange(name="L"), [bob.id, eve.id])).row
        await blocks.block(tx, here, bob, ann)
        with pytest.raises(InvalidError):
            await collections.add_account(tx, ann, row.id, bob.id)
        await blocks.block(tx, here, ann, eve)
        with pytest.raises(NotFoundError):
            await collections.get(tx, row.id, eve.id)
        assert await collections.list_by_account(tx, ann.id, eve.id, 40, 0) == []
        assert await collection_queries.list_items(tx, row.id) == []


async def test_lists_of_collections_show_what_the_viewer_may_see(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    async with database.write() as tx:
        shy = (
            await collections.create(tx, here, ann, CollectionChange(name="a", discoverable=False), [bob.id])
        ).row
        open_ = (await collections.create(tx, here, ann, CollectionChange(name="b"), [bob.id, eve.id])).row

    async def ids(
        list_function: Any, account: AccountRow, viewer: AccountRow | None, limit: int = 40, offset: int = 0
    ) -> Any:
        async with database.read() as tx:
            views = await list_function(tx, account.id, viewer.id if viewer else None, limit, offset)
        return [view.row.id for view in views]

    assert await ids(collections.list_by_account, ann, ann) == [open_.id, shy.id]
    assert (
        await ids(collections.list_by_account, ann, eve)
        == [open_.id]
        == await ids(collections.list_by_account, ann, None)
    )
    assert await ids(collections.list_containing, bob, bob) == [open_.id, shy.id]
    assert await ids(collections.list_containing, bob, ann) == [open_.id]
    assert await ids(collections.list_containing, ann, ann) == []
    assert await ids(collections.list_by_account, ann, ann, 1, 1) == [shy.id]
    async with database.write() as tx:
        await account_removal.delete_local(tx, bob)
    assert await list_items(database, open_.id, eve) == [(eve.id, "accepted")]
    async with database.write() as tx:
        await account_removal.delete_local(tx, ann)
    assert await ids(collections.list_containing, eve, eve) == []


async def test_collections_and_items_are_limited(
    database: Database, here: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collections, "MAX_ITEMS", 1)
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        views = [
            await collections.create(tx, here, ann, CollectionChange(name="n"))
            for _ in range(collections.MAX_COLLECTIONS)
        ]
        with pytest.raises(InvalidError):
            await collections.create(tx, here, ann, CollectionChange(name="one too many"))
        await collections.add_account(tx, ann, views[0].row.id, bob.id)
        with pytest.raises(InvalidError):
            await collections.add_account(tx, ann, views[0].row.id, ann.id)
