"""SQLite: short statements run on the thread of the event loop, long ones on another; one writer, WAL.

A hop to another thread costs more than a hot statement. So all reads share one connection on the loop's
thread (in WAL mode readers do not wait for the writer), and a read that takes too long there is stopped and
run again on a connection with a thread (aiosqlite). Writes run on the loop's thread too, except those that
may touch any number of rows, and the commit.

`synchronous=FULL`: a commit is on disk before a caller continues. Writers of this process wait for each
other, and so does the commit: the writes before it are committed together. Other processes are waited for at
`BEGIN IMMEDIATE`.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from time import perf_counter

from storage.access import FileLock
from storage.cache import CacheRegistry
from storage.engine import Connection, Follower, IdSource, Listener, ReadTx, Tx
from storage.errors import DatabaseUnavailableError, StorageError
from storage.private_files import close_to_others, create_file
from storage.sealing.box import SecretBox
from storage.sqlite_connections import (
    LoopConnection,
    ThreadConnection,
    build_rollback_error,
    is_busy,
    translate_error,
)

SLOW_READERS = 2  # enough that one long search does not delay another
BUSY_TIMEOUT_S = 10.0  # what PRAGMA busy_timeout is on the threads
MAX_PAUSE_S = 0.05  # between attempts to take the lock of the file


class _CommitGroup:
    """Writes that are committed together; each future gets the error, or None when all are on disk."""

    __slots__ = ("commit", "members")

    def __init__(self) -> None:
        self.members: list[tuple[Tx, asyncio.Future[StorageError | None]]] = []
        self.commit: asyncio.Task[None] | None = None


class SqliteDatabase:
    """An open SQLite file; `open_sqlite` makes it."""

    def __init__(self, path: Path, clock: Callable[[], int], secret_box: SecretBox | None = None) -> None:
        self.path = path
        self.clock = clock
        self.secret_box = secret_box
        self.ids = IdSource(clock)
        self.caches = CacheRegistry()
        self._writer = ThreadConnection(path, is_read_only=False)
        self._reader = ThreadConnection(path, is_read_only=True)
        self._write_connection = LoopConnection(self._writer, lambda: nullcontext(self._writer))
        self._read_connection = LoopConnection(self._reader, self._slow_reader)
        self._slow_readers: asyncio.LifoQueue[ThreadConnection] = asyncio.LifoQueue()
        self._open: list[ThreadConnection] = []
        self._write_lock = asyncio.Lock()
        self._group: _CommitGroup | None = None
        self._listeners: list[Listener] = []
        self._followers: list[Follower] = []
        self._seen_version = 0
        self._lock: FileLock | None = None

    async def open(self) -> None:
        """Open the connections. Raises DatabaseUnavailableError if the file is not a database."""
        self._prepare_files()
        slow = [ThreadConnection(self.path, is_read_only=True) for _ in range(SLOW_READERS)]
        for connection in (self._writer, self._reader, *slow):
            await connection.open()
            self._open.append(connection)
        for connection in slow:
            self._slow_readers.put_nowait(connection)
        for connection in (self._writer, self._reader):
            connection.set_busy_timeout(0)
        await self.has_external_changes()
        self._forget_checksum()

    def _forget_checksum(self) -> None:
        """Remove the checksum that a backup carries: someone copied it to the place of the database."""
        if self._writer.raw.execute("PRAGMA user_version").fetchone()[0]:
            self._writer.run_inline("PRAGMA user_version=0")
            self._writer.run_inline("PRAGMA application_id=0")

    def _prepare_files(self) -> None:
        """Keep the database from being replaced, and others from reading it.

        SQLite gives `-wal` and `-shm` the mode of the database; those of a process that died have theirs.
        """
        try:
            self._lock = FileLock(self.path, is_exclusive=False)
            create_file(self.path)
        except OSError as error:
            raise DatabaseUnavailableError(f"cannot open SQLite database {self.path}: {error}") from error
        for suffix in ("", "-wal", "-shm"):
            close_to_others(self.path.with_name(self.path.name + suffix))

    def _write_tx(self, connection: Connection) -> Tx:
        return Tx(connection, now=self.clock(), ids=self.ids, caches=self.caches, secret_box=self.secret_box)

    def _read_tx(self, connection: Connection) -> ReadTx:
        return ReadTx(connection, now=self.clock(), caches=self.caches, secret_box=self.secret_box)

    def read(self, *, slow: bool = False) -> AbstractAsyncContextManager[ReadTx]:
        if slow:
            return self._read_on_thread()
        return nullcontext(self._read_tx(self._read_connection))

    @asynccontextmanager
    async def _read_on_thread(self) -> AsyncIterator[ReadTx]:
        async with self._slow_reader() as connection:
            yield self._read_tx(connection)

    @asynccontextmanager
    async def _slow_reader(self) -> AsyncIterator[ThreadConnection]:
        connection = await self._slow_readers.get()
        try:
            yield connection
        finally:
            self._slow_readers.put_nowait(connection)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with self._write_lock:
            group = await self._begin_or_join()
            tx = self._write_tx(self._write_connection)
            try:
                yield tx
                commit = self._queue_commit(group, tx)
            except BaseException:
                self._rollback(group)
                raise
        error = await commit
        if error is not None:
            raise DatabaseUnavailableError(str(error)) from error
        if tx.events:
            for follower in self._followers:
                await follower(tx.events)

    async def _begin_or_join(self) -> _CommitGroup:
        """Return the group that waits for its commit, or a new one. Raises DatabaseUnavailableError."""
        if self._group is not None:
            self._writer.run_inline("SAVEPOINT joined")
            return self._group
        self._close_group()
        await self._begin()
        self._group = _CommitGroup()
        return self._group

    async def _begin(self) -> None:
        """Take the write lock of the file, waiting for other processes without blocking the loop."""
        until, pause = perf_counter() + BUSY_TIMEOUT_S, 0.001
        while True:
            try:
                self._writer.raw.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.Error as error:
                if not is_busy(error) or perf_counter() > until:
                    raise translate_error(error) from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_PAUSE_S)

    def _queue_commit(self, group: _CommitGroup, tx: Tx) -> asyncio.Future[StorageError | None]:
        """Add a finished write to the commit of its group; return the future of its result."""
        if group.members:
            self._writer.run_inline("RELEASE joined")
        elif not self._writer.in_transaction:
            raise build_rollback_error()
        if group.commit is None or group.commit.done():  # done: it was cancelled while it waited
            # It takes the lock after the writers that wait now, which join the group.
            group.commit = asyncio.create_task(self._commit(group))
        result: asyncio.Future[StorageError | None] = asyncio.get_running_loop().create_future()
        group.members.append((tx, result))
        return result

    def _rollback(self, group: _CommitGroup) -> None:
        """Undo one write of the group, or all if there is no other or SQLite has rolled back itself."""
        try:
            if group.members and self._writer.in_transaction:
                self._writer.run_inline("ROLLBACK TO joined")
                self._writer.run_inline("RELEASE joined")
                return
        except DatabaseUnavailableError:
            pass
        self._close_group()

    def _close_group(self) -> None:
        self._group = None
        if self._writer.in_transaction:
            self._writer.run_inline("ROLLBACK")

    async def _commit(self, group: _CommitGroup) -> None:
        """Commit a group, then set the results of its writes and publish their events."""
        error: StorageError | None = build_rollback_error()
        async with self._write_lock:
            try:
                if self._group is group:
                    error = await self._run_commit()
            finally:
                for _, result in group.members:
                    if not result.done():
                        result.set_result(error)
        if error is None:
            for tx, _ in group.members:
                self._publish_events(tx)

    async def _run_commit(self) -> StorageError | None:
        try:
            await self._writer.run_on_thread("COMMIT")
        except StorageError as error:
            return error
        finally:
            self._close_group()
        return None

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def follow(self, follower: Follower) -> None:
        self._followers.append(follower)

    async def has_external_changes(self) -> bool:
        """Return True if another process wrote since the last call. Reads no page of the file."""
        # The writer's version changes only with commits of other connections, and no other of ours writes.
        async with self._write_lock:
            version = self._writer.read_data_version()
        previous, self._seen_version = self._seen_version, version
        return previous != version

    def _publish_events(self, tx: Tx) -> None:
        for event in tx.events:
            for listener in tuple(self._listeners):
                listener(event)

    @contextmanager
    def overwrite_deleted(self) -> Iterator[None]:
        """Overwrite what is changed or deleted inside the block; else it stays in free parts of the file."""
        self._writer.run_inline("PRAGMA secure_delete=ON")
        try:
            yield
        finally:
            self._writer.run_inline("PRAGMA secure_delete=OFF")

    async def close(self) -> None:
        if self._group is not None and self._group.commit is not None:
            await asyncio.wait([self._group.commit])
        while self._open:
            await self._open.pop().close()
        if self._lock is not None:
            self._lock.release()


async def open_sqlite(
    path: Path, clock: Callable[[], int], secret_box: SecretBox | None = None
) -> SqliteDatabase:
    """Open (and create) the file at `path`. Raises DatabaseUnavailableError."""
    database = SqliteDatabase(path, clock, secret_box)
    try:
        await database.open()
    except BaseException:
        await database.close()
        raise
    return database
