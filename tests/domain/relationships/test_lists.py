"""Lists: accessible to their owner only, with accounts that the owner follows."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.relationships import follows, lists
from fedserver.domain.timelines import timelines
from storage.engine import Database, Page
from storage.rows.accounts import AccountRow
from tests.kit.people import create_accounts, establish_follow, publish


async def list_home(database: Database, account: AccountRow) -> list[int]:
    async with database.read() as tx:
        return await timelines.list_home(tx, account.id, Page())


async def test_a_list_is_made_changed_and_removed(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    async with database.write() as tx:
        row = await lists.create(tx, ann, "  Friends ")
        assert (row.title, row.replies_policy, row.exclusive) == ("Friends", "list", False)
        changed = await lists.update(tx, ann, row.id, replies_policy="none", exclusive=True)
        assert changed.title == "Friends"
        assert changed.exclusive
        assert await lists.list_by_account(tx, ann) == [changed] == [await lists.get(tx, ann, row.id)]
        await lists.remove(tx, ann, row.id)
        assert await lists.list_by_account(tx, ann) == []


@pytest.mark.parametrize("values", [{"title": " "}, {"title": "a", "replies_policy": "all"}])
async def test_wrong_values_are_refused(
    database: Database, here: NodeContext, values: dict[str, str]
) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    async with database.write() as tx:
        with pytest.raises(InvalidError):
            await lists.create(tx, ann, **values)


async def test_list_belongs_to_its_owner_only(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        row = await lists.create(tx, ann, "Mine")
        for attempt in (
            lists.get(tx, bob, row.id),
            lists.update(tx, bob, row.id, title="Yours"),
            lists.remove(tx, bob, row.id),
            lists.add_accounts(tx, bob, row.id, [bob.id]),
            lists.remove_accounts(tx, bob, row.id, [bob.id]),
            lists.list_accounts(tx, bob, row.id, None),
        ):
            with pytest.raises(NotFoundError):
                await attempt
        assert (await lists.get(tx, ann, row.id)).title == "Mine"
        assert await lists.list_by_account(tx, bob) == []


async def test_only_followed_accounts_can_be_added(database: Database, here: NodeContext) -> None:
    ann, bob, eve, fay = await create_accounts(database, here, "ann", "bob", "eve", "fay@beta.test")
    await establish_follow(database, here, ann, bob)
    async with database.write() as tx:
        await follows.follow(tx, here, ann, fay)  # asked only
        row = await lists.create(tx, ann, "L")
        with pytest.raises(NotFoundError):
            await lists.add_accounts(tx, ann, row.id, [bob.id, eve.id])
        assert await lists.list_accounts(tx, ann, row.id, None) == []
        await lists.add_accounts(tx, ann, row.id, [bob.id])
        await lists.add_accounts(tx, ann, row.id, [fay.id, ann.id])
        with pytest.raises(InvalidError):
            await lists.add_accounts(tx, ann, row.id, [bob.id])
        pairs = await lists.list_accounts(tx, ann, row.id, None)
        assert [account_id for _, account_id in pairs] == [ann.id, fay.id, bob.id]
        page = await lists.list_accounts(tx, ann, row.id, Page(limit=1, max_id=pairs[0][0]))
        assert page == pairs[1:2]
        assert await lists.list_containing(tx, ann, bob.id) == [row]
        assert await lists.list_containing(tx, bob, bob.id) == []
        await follows.unfollow(tx, here, ann, bob)
        assert [account_id for _, account_id in await lists.list_accounts(tx, ann, row.id, None)] == [
            ann.id,
            fay.id,
        ]


async def test_exclusive_list_hides_its_accounts_from_home(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    await establish_follow(database, here, ann, bob)
    await establish_follow(database, here, ann, eve)
    first = await publish(database, here, bob, "one")
    other = await publish(database, here, eve, "two")
    async with database.write() as tx:
        row = await lists.create(tx, ann, "L")
        await lists.add_accounts(tx, ann, row.id, [bob.id])
    assert await list_home(database, ann) == [other, first]
    async with database.write() as tx:
        await lists.update(tx, ann, row.id, exclusive=True)
    assert await list_home(database, ann) == [other]
    second = await publish(database, here, bob, "three")
    assert await list_home(database, ann) == [other]
    async with database.read() as tx:
        assert await timelines.list_by_list(tx, row.id, ann.id, "list", Page()) == [second, first]
    async with database.write() as tx:
        await lists.remove_accounts(tx, ann, row.id, [bob.id])
    assert await list_home(database, ann) == [second, other, first]
