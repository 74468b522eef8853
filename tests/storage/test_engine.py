"""Transactions behave the same on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
from sqlalchemy import bindparam, delete, insert, select, update

from storage.engine import Database, Event
from storage.errors import ConflictError, DatabaseUnavailableError
from storage.opening import open_database
from storage.statements import one_of, upsert
from storage.tables.kernel import settings
from storage.tables.peers import peers
from storage.tables.posts import tombstones
from tests.kit import databases
from tests.kit.clock import Clock

ADD = insert(tombstones)
ADD_ONCE = upsert(tombstones).on_conflict_do_nothing()
SOME = select(tombstones.c.uri).where(one_of(tombstones.c.uri, "uris")).order_by(tombstones.c.uri)
MOVE = update(tombstones).where(tombstones.c.uri == bindparam("which")).values(at=bindparam("moment"))
DROP = delete(tombstones).where(tombstones.c.kind == "Note")
PEER = insert(peers)
REJECTS = select(peers.c.rejects_media)
_set = upsert(settings)
SET = _set.on_conflict_do_update(index_elements=["name"], set_={"value": _set.excluded.value})


def stone(uri: str, at: int = 1) -> dict[str, object]:
    return {"uri": uri, "kind": "Note", "account_uri": "https://a.test/u", "at": at}


async def test_rows_are_there_after_a_write(database: Database) -> None:
    async with database.write() as tx:
        await tx.run_many(ADD, [stone("b"), stone("a"), stone("c")])
        assert await tx.run(MOVE, which="a", moment=5) == 1
        assert await tx.run(MOVE, which="nothing", moment=5) == 0
    async with database.read() as tx:
        assert await tx.values(SOME, uris=["a", "b", "zzz"]) == ["a", "b"]
        assert await tx.values(SOME, uris=[]) == []
        assert tx.statement_count == 2
    async with database.write() as tx:
        assert await tx.run(DROP) == 3


async def test_one_list_at_two_places(database: Database) -> None:
    listed = one_of(tombstones.c.uri, "uris")
    twice = select(tombstones.c.uri).where(listed).union_all(select(tombstones.c.account_uri).where(listed))
    apart = select(tombstones.c.uri).where(listed, one_of(tombstones.c.account_uri, "uris"))
    async with database.write() as tx:
        await tx.run(ADD, **stone("a"))
        assert await tx.values(twice, uris=["a"]) == ["a", "https://a.test/u"]
        assert await tx.values(apart, uris=["a", "https://a.test/u"]) == ["a"]


async def test_exception_rolls_back_and_sends_no_event(database: Database) -> None:
    heard: list[Event] = []
    database.listen(heard.append)
    with pytest.raises(RuntimeError):
        async with database.write() as tx:
            await tx.run(ADD, **stone("a"))
            tx.emit("thing", id=1)
            raise RuntimeError
    async with database.read() as tx:
        assert await tx.values(SOME, uris=["a"]) == []
    assert heard == []


async def test_events_come_after_the_commit(database: Database) -> None:
    heard: asyncio.Queue[Event] = asyncio.Queue()
    stop = database.listen(heard.put_nowait)
    async with database.write() as tx:
        await tx.run(ADD, **stone("a"))
        tx.emit("thing", id=7)
        assert heard.empty()
    assert await asyncio.wait_for(heard.get(), 5) == Event("thing", {"id": 7})
    stop()


async def test_write_ends_when_followers_have_read_what_it_wrote(database: Database) -> None:
    read: list[list[str]] = []

    async def follow(events: Sequence[Event]) -> None:
        assert events == [Event("thing", {"id": 7})]
        async with database.read() as tx:
            read.append(await tx.values(SOME, uris=["a"]))

    database.follow(follow)
    async with database.write() as tx:
        await tx.run(ADD, **stone("a"))
        tx.emit("thing", id=7)
        assert read == []
    assert read == [["a"]]
    with pytest.raises(RuntimeError):
        async with database.write() as tx:
            tx.emit("thing", id=7)
            raise RuntimeError
    assert read == [["a"]]


async def test_violated_unique_key_raises_conflict(database: Database) -> None:
    with pytest.raises(ConflictError):
        async with database.write() as tx:
            await tx.run(ADD, **stone("a"))
            await tx.run(ADD, **stone("a"))
    async with database.write() as tx:
        assert await tx.run(ADD_ONCE, **stone("a")) == 1
        assert await tx.run(ADD_ONCE, **stone("a")) == 0


async def test_upserts_and_booleans(database: Database) -> None:
    async with database.write() as tx:
        for value in ("1", "2"):
            await tx.run(SET, name="x", value=value, updated_at=1)
        assert await tx.value(select(settings.c.value)) == "2"
        await tx.run(
            PEER,
            domain="b.test",
            policy="",
            rejects_media=True,
            reason="",
            decided_at=None,
            first_seen_at=1,
            scheme="",
            failures=0,
            failing_since_at=None,
            retry_at=None,
            delivered_at=None,
            software="",
        )
        assert await tx.value(REJECTS) is True


async def test_writers_wait_for_each_other(database: Database) -> None:
    async def add(number: int) -> None:
        async with database.write() as tx:
            await tx.run(ADD, **stone(f"n{number}"))

    await asyncio.gather(*(add(number) for number in range(20)))
    async with database.read() as tx:
        assert len(await tx.values(SOME, uris=[f"n{n}" for n in range(20)])) == 20


async def test_write_of_another_process_is_noticed_once(
    database: Database, database_url: str, clock: Clock
) -> None:
    assert not await database.has_external_changes()
    async with database.write() as tx:
        await tx.run(ADD, **stone("ours"))
    assert not await database.has_external_changes()
    heard: asyncio.Queue[Event] = asyncio.Queue()
    stop = database.listen(heard.put_nowait)
    other = await open_database(database_url, clock)
    async with other.read() as tx:
        assert await tx.values(SOME, uris=["ours"]) == ["ours"]
    assert not await database.has_external_changes()
    async with other.write() as tx:
        await tx.run(ADD, **stone("theirs"))
        tx.emit("theirs")
    await other.close()
    # Either it is noticed, or (PostgreSQL) it is heard.
    if await database.has_external_changes():
        assert heard.empty()
        assert not await database.has_external_changes()
    else:
        assert (await asyncio.wait_for(heard.get(), 5)).kind == "theirs"
    stop()


async def test_lost_connections_are_opened_again(clock: Clock) -> None:
    """Those of the pool and the one for events, which tells that events may have been missed."""
    databases.require_postgres()
    url = databases.new_postgres()
    ours, theirs = await open_database(url, clock), await open_database(url, clock)
    heard: asyncio.Queue[Event] = asyncio.Queue()
    ours.listen(heard.put_nowait)
    for again in range(2):
        databases.terminate_connections(url)
        with pytest.raises(DatabaseUnavailableError):
            async with ours.write() as tx:
                await tx.run(ADD, **stone("lost"))
        async with asyncio.timeout(10):
            while not await ours.has_external_changes():
                with suppress(DatabaseUnavailableError):  # its own connections were cut off as well
                    async with theirs.read() as tx:
                        await tx.values(SOME, uris=[])
        assert not await ours.has_external_changes()
        async with theirs.write() as tx:
            tx.emit("thing", id=again)
        assert await asyncio.wait_for(heard.get(), 5) == Event("thing", {"id": again})
        async with ours.write() as tx:
            await tx.run(ADD, **stone(f"kept{again}"))
    with pytest.raises(DatabaseUnavailableError):
        async with ours.write() as tx:
            await tx.run(ADD, **stone("lost"))
            databases.terminate_connections(url)
    async with ours.read() as tx:
        assert await tx.values(SOME, uris=["lost", "kept0", "kept1"]) == ["kept0", "kept1"]
    await ours.close()
    await theirs.close()
    databases.release(url)
