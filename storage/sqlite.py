"""SQLite through aiosqlite: many readers, one writer, WAL.

`synchronous=FULL`: a commit is on disk before anybody is told. Writers of this process queue
on a lock; those of other processes on `BEGIN IMMEDIATE` with a busy timeout.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy.sql.base import Executable

from storage.compiled import SQLITE, Compiled, Compiler, encode_list
from storage.engine import Event, Listener, Tx
from storage.errors import Conflict, Unavailable
from storage.ids import IdSource

READERS = 3
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA cache_size=-16000",
    "PRAGMA temp_store=MEMORY",
)

_compiler = Compiler(SQLITE)


def _bind(compiled: Compiled, params: Mapping[str, Any]) -> dict[str, Any]:
    bound = compiled.bind(params)
    for name, value in bound.items():
        if isinstance(value, list | tuple | set | frozenset):
            bound[name] = encode_list(list(value)).decode()
    return bound


def _told(error: sqlite3.Error) -> Exception:
    if isinstance(error, sqlite3.IntegrityError):
        return Conflict(str(error))
    return Unavailable(f"SQLite: {error}")


class SqliteConnection:
    """One aiosqlite connection in autocommit mode; `Tx` runs on it."""

    def __init__(self, raw: aiosqlite.Connection) -> None:
        self.raw = raw

    async def fetch(self, statement: Executable, params: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        compiled = _compiler(statement, params)
        try:
            rows = await self.raw.execute_fetchall(compiled.sql, _bind(compiled, params))
        except sqlite3.Error as error:
            raise _told(error) from error
        if not compiled.booleans:
            return rows  # type: ignore[return-value]
        return [_with_booleans(row, compiled.booleans) for row in rows]

    async def execute(self, statement: Executable, params: Mapping[str, Any]) -> int:
        compiled = _compiler(statement, params)
        try:
            cursor = await self.raw.execute(compiled.sql, _bind(compiled, params))
        except sqlite3.Error as error:
            raise _told(error) from error
        return cursor.rowcount

    async def execute_many(self, statement: Executable, params: Sequence[Mapping[str, Any]]) -> None:
        compiled = _compiler(statement, params[0])
        try:
            await self.raw.executemany(compiled.sql, [_bind(compiled, each) for each in params])
        except sqlite3.Error as error:
            raise _told(error) from error

    async def script(self, sql: str) -> None:
        try:
            await self.raw.execute(sql)
        except sqlite3.Error as error:
            raise _told(error) from error


def _with_booleans(row: Sequence[Any], places: list[int]) -> list[Any]:
    changed = list(row)
    for place in places:
        if changed[place] is not None:
            changed[place] = bool(changed[place])
    return changed


class SqliteDatabase:
    """An open SQLite file. Make it with `open_sqlite`."""

    def __init__(self, path: Path, clock: Callable[[], int]) -> None:
        self.path = path
        self.clock = clock
        self.ids = IdSource(clock)
        self._readers: asyncio.LifoQueue[SqliteConnection] = asyncio.LifoQueue()
        self._all: list[SqliteConnection] = []
        self._writer: SqliteConnection
        self._turn = asyncio.Lock()
        self._listeners: list[Listener] = []
        self._seen_version = 0

    async def open(self) -> None:
        """Raises Unavailable if the file cannot be opened or is not a database."""
        self._writer = await self._connect()
        await self.changed_elsewhere()
        for _ in range(READERS):
            self._readers.put_nowait(await self._connect())

    async def _connect(self) -> SqliteConnection:
        try:
            raw = await aiosqlite.connect(self.path, isolation_level=None, cached_statements=512)
            for pragma in PRAGMAS:
                await raw.execute(pragma)
        except sqlite3.Error as error:
            raise Unavailable(f"cannot open SQLite database {self.path}: {error}") from error
        connection = SqliteConnection(raw)
        self._all.append(connection)
        return connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        connection = await self._readers.get()
        try:
            yield Tx(connection, now=self.clock(), ids=self.ids, writes=False)
        finally:
            self._readers.put_nowait(connection)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with self._turn:
            await self._writer.script("BEGIN IMMEDIATE")
            tx = Tx(self._writer, now=self.clock(), ids=self.ids, writes=True)
            try:
                yield tx
                await asyncio.shield(self._writer.script("COMMIT"))
            except BaseException:
                await asyncio.shield(self._rollback())
                raise
        for event in tx.events:
            self._tell(event)

    async def _rollback(self) -> None:
        if self._writer.raw.in_transaction:
            await self._writer.raw.execute("ROLLBACK")

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    async def changed_elsewhere(self) -> bool:
        """True if another process wrote since this was last asked. It reads no page of the file."""
        # Of the writer: for it only the commits of other connections count, and no other of ours writes.
        try:
            found = await self._writer.raw.execute_fetchall("PRAGMA data_version")
        except sqlite3.Error as error:
            raise _told(error) from error
        former, self._seen_version = self._seen_version, int(next(iter(found))[0])
        return former != self._seen_version

    async def close(self) -> None:
        for connection in self._all:
            await connection.raw.close()
        self._all.clear()


async def open_sqlite(path: Path, clock: Callable[[], int]) -> SqliteDatabase:
    """Open (and create) the file at `path`. Raises Unavailable."""
    database = SqliteDatabase(path, clock)
    await database.open()
    return database
