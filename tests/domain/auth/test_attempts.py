"""Limits on attempts hold for attempts at the same moment, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from fedserver.config import MailConfig
from fedserver.domain.auth import attempts, password_resets
from fedserver.domain.auth.attempts import AttemptLimit
from fedserver.domain.kernel.errors import TooManyRequestsError
from storage.engine import Database
from tests.kit.clock import Clock
from tests.kit.mails import take_mails
from tests.kit.nodes import Start

MAIL = MailConfig(host="mail.test", sender="node@alpha.test")
TEN = AttemptLimit(10, 60_000)


async def test_sixty_at_the_same_moment_are_as_many_as_the_limit(database: Database) -> None:
    async def attempt() -> bool:
        async with database.write() as tx:
            return await attempts.try_count(tx, "somebody", TEN)

    allowed = await asyncio.gather(*(attempt() for _ in range(60)))
    assert allowed.count(True) == 10


async def test_window_begins_with_the_first_attempt_and_is_not_prolonged(
    database: Database, clock: Clock
) -> None:
    async with database.write() as tx:
        for _ in range(10):
            await attempts.count(tx, "somebody", TEN)
        end = tx.now + 60_000
    clock.forward(seconds=59)
    for _ in range(3):
        with pytest.raises(TooManyRequestsError) as refused:
            async with database.write() as tx:
                await attempts.count(tx, "somebody", TEN)
        assert refused.value.retry_at == end
    clock.forward(seconds=2)
    async with database.write() as tx:
        await attempts.count(tx, "somebody", TEN)


async def test_attempts_taken_back_make_room_again(database: Database) -> None:
    async with database.write() as tx:
        for _ in range(30):
            await attempts.count(tx, "somebody", TEN)
            await attempts.take_back(tx, "somebody")
        for _ in range(10):
            await attempts.count(tx, "somebody", TEN)
        assert not await attempts.try_count(tx, "somebody", TEN)
        await attempts.take_back(tx, "somebody")
        assert await attempts.try_count(tx, "somebody", TEN)
        await attempts.take_back(tx, "nobody")
        await attempts.reset(tx, "somebody")
        assert await attempts.try_count(tx, "somebody", TEN)


async def test_sixty_requests_for_a_new_password_send_one_mail(start: Start) -> None:
    node = await start("alpha.test", mail=MAIL)
    await node.create_member("ann")

    async def request() -> None:
        async with node.db.write() as tx:
            await password_resets.request(tx, node.site, "ann")

    await asyncio.gather(*(request() for _ in range(60)))
    assert len(await take_mails(node.db, node.site)) == 1
