"""What SQLite alone has to prove: one thread for what is short, others for the rest, commits together."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import bindparam, func, insert, literal, select, text

from storage.engine import Database, Event, Tx
from storage.errors import DatabaseUnavailableError
from storage.opening import open_database
from storage.sqlite_connections import MAX_CONSECUTIVE, MAX_INLINE_SETS
from storage.statements import one_of, upsert
from storage.tables.posts import mentions, tombstones
from tests.kit import databases
from tests.kit.clock import Clock

ADD = insert(tombstones)
COPY = upsert(tombstones).from_select(
    ["uri", "kind", "account_uri", "at"],
    select(
        (tombstones.c.uri + "-copy").label("uri"),
        tombstones.c.kind,
        tombstones.c.account_uri,
        tombstones.c.at,
    ),
)
SOME = select(tombstones.c.uri).where(one_of(tombstones.c.uri, "uris")).order_by(tombstones.c.uri)
MENTION = insert(mentions)
_first = select(literal(1).label("n")).cte("numbers", recursive=True)
_numbers = _first.union_all(select(_first.c.n + 1).where(_first.c.n < bindparam("most")))
COUNT = select(func.max(_numbers.c.n))
# Longer than the loop is held up, and longer than anybody waits.
LONG, ENDLESS = 1_000_000, 10**12


def stone(uri: str) -> dict[str, object]:
    return {"uri": uri, "kind": "Note", "account_uri": "https://a.test/u", "at": 1}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(databases.new_sqlite(tmp_path).removeprefix("sqlite:"))


@pytest.fixture
async def database(path: Path, clock: Clock) -> AsyncIterator[Database]:
    opened = await open_database(f"sqlite:{path}", clock)
    yield opened
    await opened.close()


async def found(database: Database, *uris: str, slow: bool = False) -> list[str]:
    async with database.read(slow=slow) as tx:
        return await tx.values(SOME, uris=uris)


async def write(database: Database, *uris: str) -> None:
    async with database.write() as tx:
        for uri in uris:
            await tx.run(ADD, **stone(uri))


class Elsewhere:
    """Another process; it does what `script` says and goes on when it is told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, script: str, path: Path) -> Elsewhere:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, str(path),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        return cls(process)

    async def go_on(self) -> None:
        await self._process.communicate(b"\n")
        assert self._process.returncode == 0


async def test_two_readers_and_a_writer_at_once(database: Database) -> None:
    await write(database, "before")
    async with database.write() as tx, database.read() as one, database.read(slow=True) as two:
        await tx.run(ADD, **stone("within"))
        for reader in (one, two):
            assert await reader.values(SOME, uris=["before", "within"]) == ["before"]
        assert await tx.values(SOME, uris=["before", "within"]) == ["before", "within"]
    for slow in (False, True):
        assert await found(database, "before", "within", slow=slow) == ["before", "within"]


async def counted(database: Database, most: int, *, slow: bool) -> int:
    async with database.read(slow=slow) as tx:
        return int(await tx.value(COUNT, most=most))


@pytest.mark.parametrize("declared", [True, False])
async def test_a_slow_read_does_not_hold_up_others(database: Database, declared: bool) -> None:
    task = asyncio.create_task(counted(database, ENDLESS, slow=declared))
    await asyncio.sleep(0)
    await write(database, "a")
    for slow in (False, True):
        assert await found(database, "a", slow=slow) == ["a"]
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await found(database, "a") == ["a"]


@pytest.mark.parametrize("declared", [True, False])
async def test_a_slow_read_is_answered(database: Database, declared: bool) -> None:
    assert await counted(database, LONG, slow=declared) == LONG


async def test_a_slow_read_inside_a_write_keeps_what_was_written(database: Database) -> None:
    async with database.write() as tx:
        await tx.run(ADD, **stone("a"))
        assert await tx.value(COUNT, most=LONG) == LONG
        await tx.run(ADD, **stone("b"))
    assert await found(database, "a", "b") == ["a", "b"]


async def test_readers_are_free_when_a_slow_read_is_cancelled(database: Database) -> None:
    await write(database, "a")
    for _ in range(5):
        tasks = [asyncio.create_task(counted(database, ENDLESS, slow=True)) for _ in range(4)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with pytest.raises(asyncio.CancelledError):
                await task
    assert await asyncio.wait_for(found(database, "a", slow=True), 10) == ["a"]


async def test_reads_change_nothing(database: Database) -> None:
    for slow in (False, True):
        with pytest.raises(DatabaseUnavailableError):
            async with database.read(slow=slow) as tx:
                # A read transaction has no method to write with, so this goes around it.
                await tx._connection.execute(ADD, stone("a"))
    assert await found(database, "a") == []


async def test_a_task_with_many_statements_lets_others_run(database: Database) -> None:
    ran: list[str] = []

    async def other() -> None:
        ran.append("other")

    task = asyncio.create_task(other())
    async with database.read() as tx:
        for _ in range(MAX_CONSECUTIVE):
            await tx.values(SOME, uris=[])
        ran.append("reader")
    await task
    assert ran == ["other", "reader"]


async def test_cancelling_a_write_rolls_back_and_frees_the_writer(database: Database) -> None:
    reached = asyncio.Event()

    async def interrupted(*statements: str) -> None:
        async with database.write() as tx:
            await tx.run(ADD, **stone("a"))
            reached.set()
            if "copy" in statements:
                await tx.run(COPY)
            if "count" in statements:
                await tx.value(COUNT, most=LONG)
            await asyncio.Event().wait()

    for statements in ((), ("copy",), ("count",), ("copy", "count")):
        reached.clear()
        task = asyncio.create_task(interrupted(*statements))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await found(database, "a", "a-copy") == []
        await asyncio.wait_for(write(database, f"after {statements}"), 10)
        assert await found(database, f"after {statements}") == [f"after {statements}"]


async def test_cancelling_at_any_moment_leaves_all_or_nothing(database: Database) -> None:
    heard: list[Event] = []
    database.listen(heard.append)

    async def pair(number: int) -> None:
        async with database.write() as tx:
            await tx.run(ADD, **stone(f"{number}-1"))
            await tx.run(COPY)
            tx.emit("written", number=number)

    for steps in range(60):
        task = asyncio.create_task(pair(steps))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        try:
            await task
            told = True
        except asyncio.CancelledError:
            told = False
        async with database.write() as tx:  # Waits for a commit that goes on without its task.
            kept = await tx.values(SOME, uris=[f"{steps}-1", f"{steps}-1-copy"])
            await tx.run(text("DELETE FROM tombstones"))
        assert len(kept) in ((2,) if told else (0, 2))
        assert len(heard) == len(kept) // 2
        heard.clear()


async def test_cancelling_all_at_any_moment_leaves_the_writer_usable(database: Database) -> None:
    for steps in range(30):
        uris = [f"{steps}-{number}" for number in range(5)]
        tasks = [asyncio.create_task(write(database, uri)) for uri in uris]
        for _ in range(steps):
            await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.wait_for(write(database, f"{steps}"), 10)
        acknowledged = [uri for uri, result in zip(uris, results, strict=True) if result is None]
        assert set(acknowledged) <= set(await found(database, *uris))


async def test_one_connection_is_never_on_two_threads(database: Database) -> None:
    """A transaction that is used by several tasks at once: the short statement waits for the long one."""
    async with database.write() as tx:
        await tx.run(ADD, **stone("a"))
        _, seen = await asyncio.gather(tx.run(COPY), tx.values(SOME, uris=["a", "a-copy"]))
        assert seen == ["a", "a-copy"]


async def test_no_event_is_sent_before_the_commit(database: Database, path: Path) -> None:
    """Forty writes at once share commits; each is on disk when its task goes on, and before its event."""
    other = sqlite3.connect(path)

    def seen(number: int) -> bool:
        return other.execute("SELECT 1 FROM tombstones WHERE uri = ?", (f"n{number}",)).fetchone() is not None

    events: list[bool] = []
    database.listen(lambda event: events.append(seen(event.data["number"])))

    async def add(number: int) -> bool:
        async with database.write() as tx:
            await tx.run(ADD, **stone(f"n{number}"))
            tx.emit("added", number=number)
            assert not seen(number)
        return seen(number)

    assert all(await asyncio.gather(*(add(number) for number in range(40))))
    assert events == [True] * 40
    other.close()


async def test_writes_that_wait_share_a_commit(database: Database, path: Path) -> None:
    other = sqlite3.connect(path)
    before = other.execute("PRAGMA data_version").fetchone()[0]
    versions = set()

    async def add(number: int) -> None:
        await write(database, f"n{number}")
        versions.add(other.execute("PRAGMA data_version").fetchone()[0])

    await asyncio.gather(*(add(number) for number in range(40)))
    assert before not in versions
    assert len(versions) <= 2
    other.close()


async def test_failed_write_does_not_undo_others_of_its_group(database: Database) -> None:
    async def add(number: int) -> None:
        async with database.write() as tx:
            await tx.run(ADD, **stone(f"n{number}"))
            if number % 3 == 1:
                raise RuntimeError
            if number % 3 == 2:
                await asyncio.sleep(0)
                await tx.run(COPY)
                await tx.run(ADD, **stone(f"n{number}"))

    results = await asyncio.gather(*(add(number) for number in range(12)), return_exceptions=True)
    kept = [f"n{number}" for number, result in enumerate(results) if result is None]
    assert kept == ["n0", "n3", "n6", "n9"]
    wanted = [f"n{n}{end}" for n in range(12) for end in ("", "-copy")]
    assert await found(database, *wanted) == sorted(kept)


async def test_failed_commit_raises_in_all_writes_of_its_group(database: Database) -> None:
    heard: list[Event] = []
    database.listen(heard.append)

    async def add(number: int) -> None:
        async with database.write() as tx:
            tx.emit("added", number=number)
            await tx.run(ADD, **stone(f"n{number}"))
            if number == 3:
                await tx.all(text("PRAGMA defer_foreign_keys=ON"))
                await tx.run(MENTION, post_id=1, account_id=1)

    results = await asyncio.gather(*(add(number) for number in range(6)), return_exceptions=True)
    assert all(isinstance(result, DatabaseUnavailableError) for result in results)
    assert await found(database, *(f"n{number}" for number in range(6))) == []
    assert heard == []
    await write(database, "after")
    assert await found(database, "after") == ["after"]


async def test_a_transaction_that_sqlite_rolls_back_is_over(database: Database) -> None:
    """As SQLite does when the disk is full. Nothing of it is kept, nor of what it would be committed with."""

    async def full(tx: Tx) -> None:
        await tx.run(ADD, **stone("a"))
        await tx.run(text("ROLLBACK"))
        with pytest.raises(DatabaseUnavailableError):
            await tx.run(ADD, **stone("b"))

    async def broken() -> None:
        async with database.write() as tx:
            await full(tx)

    results = await asyncio.gather(
        write(database, "first"), broken(), write(database, "last"), return_exceptions=True
    )
    assert [type(result) for result in results] == [
        DatabaseUnavailableError,
        DatabaseUnavailableError,
        type(None),
    ]
    assert await found(database, "first", "a", "b", "last") == ["last"]
    with pytest.raises(DatabaseUnavailableError):
        await broken()
    await write(database, "after")


async def test_many_rows_at_once(database: Database) -> None:
    uris = [f"n{number:04}" for number in range(MAX_INLINE_SETS + 1)]
    async with database.write() as tx:
        await tx.run_many(ADD, [stone(uri) for uri in uris])
    assert await found(database, *uris) == uris


async def test_reads_go_on_while_another_process_writes(database: Database, path: Path) -> None:
    await write(database, "a")
    other = await Elsewhere.start(
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN IMMEDIATE')\n"
        "connection.execute(\"INSERT INTO tombstones VALUES ('other', 'Note', '', 1)\")\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "connection.execute('COMMIT')\n",
        path,
    )
    waiting = asyncio.create_task(write(database, "b"))
    given_up = asyncio.create_task(write(database, "c"))
    await asyncio.sleep(0)
    for slow in (False, True):
        assert await found(database, "a", "b", "other", slow=slow) == ["a"]
    given_up.cancel()
    assert not waiting.done()
    await other.go_on()
    await waiting
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await found(database, "a", "b", "c", "other") == ["a", "b", "other"]


async def test_a_read_that_is_locked_out_waits_on_a_thread(database: Database, path: Path) -> None:
    """Another process says that it repairs the index of the log: nobody can read until it is done.

    The lock bytes are those of sqlite.org/walformat.html §2.3.1; the first 96 are the header, twice.
    """
    await write(database, "a")
    other = await Elsewhere.start(
        "import fcntl, os, sys\n"
        "handle = os.open(sys.argv[1] + '-shm', os.O_RDWR)\n"
        "for lock in (120, 122):\n"
        "    fcntl.lockf(handle, fcntl.LOCK_EX, 1, lock)\n"
        "os.pwrite(handle, bytes(96), 0)\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n",
        path,
    )
    reading = asyncio.create_task(found(database, "a"))
    ticks = 0
    while ticks < 20:
        await asyncio.sleep(0)
        ticks += 1
    assert not reading.done()
    await other.go_on()
    assert await asyncio.wait_for(reading, 20) == ["a"]


async def test_closed_database_is_unavailable(path: Path, clock: Clock) -> None:
    database = await open_database(f"sqlite:{path}", clock)
    await database.close()
    await database.close()
    for slow in (False, True):
        with pytest.raises(DatabaseUnavailableError):
            await asyncio.wait_for(found(database, "a", slow=slow), 5)
    with pytest.raises(DatabaseUnavailableError):
        await write(database, "a")


async def test_other_file_is_unavailable(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "text.sqlite3"
    path.write_text("This is not a database, but a text that is long enough to be looked at. " * 20)
    with pytest.raises(DatabaseUnavailableError, match="not a database"):
        await open_database(f"sqlite:{path}", clock)
    with pytest.raises(DatabaseUnavailableError, match="cannot open"):
        await open_database(f"sqlite:{tmp_path}/missing/folder", clock)
