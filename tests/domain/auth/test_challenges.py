"""Challenges: bound to their holder, answered once, within ten minutes."""

from __future__ import annotations

import pytest

from fedserver.domain.auth import challenges
from fedserver.domain.kernel.errors import NotFoundError
from storage.engine import Database
from tests.kit.clock import Clock

ANN, EVE = challenges.to_browser_holder("ann"), challenges.to_browser_holder("eve")


async def test_challenge_is_consumed_once_by_its_holder_and_purpose(database: Database) -> None:
    async with database.write() as tx:
        token = await challenges.create(tx, challenges.PASSKEY, ANN, data="page")
        for purpose, wrong, holder in (
            (challenges.PASSKEY, token, EVE),
            (challenges.PROVIDER, token, ANN),
            (challenges.PASSKEY, token + "x", ANN),
            (challenges.PASSKEY, "", ANN),
            (challenges.PASSKEY, "x" * 201, ANN),
        ):
            with pytest.raises(NotFoundError):
                await challenges.consume(tx, purpose, wrong, holder)
        assert (await challenges.consume(tx, challenges.PASSKEY, token, ANN)).data == "page"
        with pytest.raises(NotFoundError):
            await challenges.consume(tx, challenges.PASSKEY, token, ANN)


async def test_challenge_expires_after_ten_minutes(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        first = await challenges.create(tx, challenges.PASSKEY, ANN)
        await challenges.replace(tx, challenges.TWO_FACTOR, ANN, data="")
    clock.forward(seconds=599)
    async with database.write() as tx:
        second = await challenges.create(tx, challenges.PASSKEY, ANN)
        assert await challenges.find_pending(tx, challenges.TWO_FACTOR, ANN)
    clock.forward(seconds=1)
    async with database.write() as tx:
        with pytest.raises(NotFoundError):
            await challenges.consume(tx, challenges.PASSKEY, first, ANN)
        assert await challenges.find_pending(tx, challenges.TWO_FACTOR, ANN) is None
        assert await challenges.consume(tx, challenges.PASSKEY, second, ANN)


async def test_replaced_challenge_cannot_be_answered(database: Database) -> None:
    async with database.write() as tx:
        await challenges.replace(tx, challenges.TWO_FACTOR, ANN, data="first")
        former = await challenges.find_pending(tx, challenges.TWO_FACTOR, ANN)
        await challenges.replace(tx, challenges.TWO_FACTOR, ANN, data="second")
        pending = await challenges.find_pending(tx, challenges.TWO_FACTOR, ANN)
        assert former is not None
        assert pending is not None
        assert pending.data == "second"
        assert await challenges.find_pending(tx, challenges.TWO_FACTOR, EVE) is None
        assert not await challenges.consume_pending(tx, former)
        assert await challenges.consume_pending(tx, pending)
        assert not await challenges.consume_pending(tx, pending)
