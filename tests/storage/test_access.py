"""The lock of a database: shared by all who use it, and exclusive for whom replaces it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from storage.access import FileLock
from storage.engine import Database
from storage.errors import DatabaseInUseError
from storage.opening import open_database
from storage.postgresql import reserve_database
from tests.kit import databases
from tests.kit.clock import Clock


async def reserve(url: str) -> None:
    """Take the database alone for a moment. Raises DatabaseInUseError."""
    if url.startswith("sqlite:"):
        FileLock(Path(url.removeprefix("sqlite:")), is_exclusive=True).release()
        return
    async with reserve_database(url):
        pass


async def test_open_database_cannot_be_reserved_until_it_is_closed(database_url: str, clock: Clock) -> None:
    first, second = await open_database(database_url, clock), await open_database(database_url, clock)
    with pytest.raises(DatabaseInUseError):
        await reserve(database_url)
    await first.close()
    with pytest.raises(DatabaseInUseError):
        await reserve(database_url)
    await second.close()
    await reserve(database_url)


async def test_reserved_database_cannot_be_opened(database_url: str, clock: Clock) -> None:
    if database_url.startswith("sqlite:"):
        lock = FileLock(Path(database_url.removeprefix("sqlite:")), is_exclusive=True)
        with pytest.raises(DatabaseInUseError, match="being replaced"):
            await (await open_database(database_url, clock)).close()
        lock.release()
    else:
        async with reserve_database(database_url):
            with pytest.raises(DatabaseInUseError, match="being replaced"):
                await (await open_database(database_url, clock)).close()
    await (await open_database(database_url, clock)).close()


async def test_lock_after_a_lost_connection_is_taken_again(clock: Clock) -> None:
    databases.require_postgres()
    url = databases.new_postgres()
    database: Database = await open_database(url, clock)
    databases.terminate_connections(url)
    for _ in range(200):
        try:
            await reserve(url)
        except DatabaseInUseError:
            break
        await asyncio.sleep(0.02)
    else:
        pytest.fail("the lock was not taken again")
    await database.close()
    databases.release(url)
