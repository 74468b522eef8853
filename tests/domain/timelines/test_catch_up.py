"""The start of catching up: bounded in the past, and never moved back."""

from __future__ import annotations

from fedserver.domain.timelines import catch_up
from storage.engine import Database
from tests.kit.clock import Clock
from tests.kit.people import create_accounts, make_context


async def test_start_is_bounded_and_only_moves_on(database: Database, clock: Clock) -> None:
    [ann] = await create_accounts(database, make_context(), "ann")
    async with database.write() as tx:
        assert tx.now - await catch_up.load_start(tx, ann) == catch_up.DEFAULT_MS
        moment = tx.now
        await catch_up.finish(tx, ann, moment)
        await catch_up.finish(tx, ann, moment - 1_000)
        assert await catch_up.load_start(tx, ann) == moment
        await catch_up.finish(tx, ann, moment + 10**9)
        assert await catch_up.load_start(tx, ann) <= tx.now
    clock.forward(days=365)
    async with database.read() as tx:
        assert tx.now - await catch_up.load_start(tx, ann) == catch_up.MAX_MS
