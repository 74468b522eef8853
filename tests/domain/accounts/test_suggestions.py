"""The directory and suggestions: discoverable accounts that the viewer does not hide."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import accounts, suggestions
from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.relationships import blocks, follows, mutes
from storage.engine import Database, Page
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from tests.kit.clock import Clock
from tests.kit.people import create_accounts, create_remote_account, establish_follow, publish


async def list_directory(
    database: Database, viewer: AccountRow | None, *, newest: bool = False, only_local: bool = False
) -> list[str]:
    async with database.read() as tx:
        ids = await suggestions.list_directory(
            tx, viewer.id if viewer else None, 40, 0, newest=newest, only_local=only_local
        )
        accounts_by_id = await accounts.load_by_ids(tx, ids)
    return [accounts_by_id[account_id].username for account_id in ids]


async def list_suggestions(
    database: Database, actor: AccountRow, limit: int = 40, offset: int = 0
) -> dict[str, list[str]]:
    async with database.read() as tx:
        page = await suggestions.list_for_account(tx, actor, limit, offset)
        accounts_by_id = await accounts.load_by_ids(tx, [suggestion.account_id for suggestion in page])
    return {accounts_by_id[suggestion.account_id].username: list(suggestion.sources) for suggestion in page}


async def test_directory_lists_discoverable_accounts(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve@beta.test")
    async with database.write() as tx:
        await create_remote_account(tx, "shy", discoverable=False)
        (gone, limited) = [
            await create_remote_account(tx, name, "gamma.test") for name in ("gone", "limited")
        ]
        await account_queries.set_limits(tx, gone.id, suspended_at=tx.now, silenced_at=None)
        await account_queries.set_limits(tx, limited.id, suspended_at=None, silenced_at=tx.now)
    clock.forward(hours=1)
    await publish(database, here, bob, "first")
    await publish(database, here, ann, "second")
    assert await list_directory(database, None) == ["ann", "bob", "eve"]
    assert await list_directory(database, None, newest=True) == ["eve", "bob", "ann"]
    assert await list_directory(database, None, only_local=True) == ["ann", "bob"]
    async with database.write() as tx:
        await blocks.receive(tx, eve, ann, "https://beta.test/blocks/1")
        await mutes.mute(tx, ann, bob, hides_notifications=True, seconds=0)
    assert await list_directory(database, ann) == ["ann"]
    assert await list_directory(database, bob) == ["ann", "bob", "eve"]


async def test_suggestions_are_friends_of_friends_and_the_most_followed(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve, fay, gus, hal = await create_accounts(
        database, here, "ann", "bob", "eve", "fay", "gus", "hal@beta.test"
    )
    await establish_follow(database, here, ann, bob)
    for follower, target in ((bob, fay), (bob, hal), (eve, fay), (eve, gus), (gus, hal), (fay, hal)):
        await establish_follow(database, here, follower, target)
    suggestions_of_ann = await list_suggestions(database, ann)
    assert suggestions_of_ann == {
        "fay": ["friends_of_friends", "most_followed"],
        "hal": ["friends_of_friends", "most_followed"],
        "gus": ["most_followed"],
    }
    assert next(iter(await list_suggestions(database, gus))) == "fay"
    assert list(await list_suggestions(database, ann, 1, 1)) == ["hal"]
    async with database.write() as tx:
        row = await accounts.get(tx, bob.id)
        await accounts.update_profile(tx, here, row, accounts.ProfileChange(hides_collections=True))
    assert await list_suggestions(database, ann) == {
        "hal": ["most_followed"],
        "fay": ["most_followed"],
        "gus": ["most_followed"],
    }


async def test_related_hidden_and_dismissed_accounts_are_not_suggested(
    database: Database, here: NodeContext
) -> None:
    names = (
        "followed",
        "asked",
        "blocked",
        "blocks",
        "muted",
        "hidden",
        "dismissed",
        "fine",
        "moved@beta.test",
    )
    ann, bob, *others = await create_accounts(database, here, "ann", "bob", *names)
    by_name = {row.username: row for row in others}
    for row in others:
        await establish_follow(database, here, bob, row)
    async with database.write() as tx:
        locked = await accounts.get(tx, by_name["asked"].id)
        await accounts.update_profile(tx, here, locked, accounts.ProfileChange(locked=True))
        hidden = await accounts.get(tx, by_name["hidden"].id)
        await accounts.update_profile(tx, here, hidden, accounts.ProfileChange(discoverable=False))
        await follows.follow(tx, here, ann, by_name["followed"])
        await follows.follow(tx, here, ann, await accounts.get(tx, locked.id))
        await blocks.block(tx, here, ann, by_name["blocked"])
        await blocks.block(tx, here, by_name["blocks"], ann)
        await mutes.mute(tx, ann, by_name["muted"], hides_notifications=True, seconds=0)
        await suggestions.dismiss(tx, ann, by_name["dismissed"].id)
        await account_queries.set_moved(tx, by_name["moved"].id, ann.id, 1)
        await suggestions.set_featured(tx, None, [row.id for row in others])
        with pytest.raises(NotFoundError):
            await suggestions.dismiss(tx, ann, 1)
    assert await list_suggestions(database, ann) == {"fine": ["featured", "most_followed"]}


async def test_featured_accounts_are_suggested_in_the_order_of_the_admins(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve@beta.test")
    async with database.write() as tx:
        await suggestions.set_featured(tx, None, [eve.id, bob.id, eve.id, ann.id])
        assert await suggestions.list_featured(tx) == [eve.id, bob.id, ann.id]
        assert (await audit_log.list_page(tx, Page()))[0].verb == "suggestions.feature"
        with pytest.raises(InvalidError):
            await suggestions.set_featured(tx, None, range(1, 200))
    assert await list_suggestions(database, ann) == {"eve": ["featured"], "bob": ["featured"]}


async def test_suggestions_take_a_fixed_number_of_statements(database: Database, here: NodeContext) -> None:
    ann, *others = await create_accounts(database, here, "ann", *(f"m{number}" for number in range(12)))
    for row in others[1:]:
        await establish_follow(database, here, others[0], row)
    counts = []
    for limit in (1, 12):
        async with database.read() as tx:
            assert len(await suggestions.list_for_account(tx, ann, limit)) == min(limit, 11)
            counts.append(tx.statement_count)
    assert counts[0] == counts[1] <= 4
