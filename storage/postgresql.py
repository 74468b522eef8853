"""PostgreSQL through asyncpg: a pool, and NOTIFY so that every process hears every event.

asyncpg is an extra: this module is imported only when the database URL asks for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
from sqlalchemy.sql.base import Executable

from storage.compiled import POSTGRESQL, Compiled, Compiler
from storage.engine import Event, Listener, Tx
from storage.errors import Conflict, Unavailable
from storage.ids import IdSource
from storage.memory import Memory

CHANNEL = "fedserver_events"
_compiler = Compiler(POSTGRESQL)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode


def _bind(compiled: Compiled, params: Mapping[str, Any]) -> list[Any]:
    bound = compiled.bind(params)
    return [bound[name] for name in compiled.names]


def _told(error: Exception) -> Exception:
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return Conflict(str(error))
    return Unavailable(f"PostgreSQL: {error}")


class PostgresqlConnection:
    """One connection of the pool; `Tx` runs on it."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    async def fetch(self, statement: Executable, params: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        compiled = _compiler(statement, params)
        try:
            found: Sequence[Sequence[Any]] = await self.raw.fetch(compiled.sql, *_bind(compiled, params))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise _told(error) from error
        return found

    async def execute(self, statement: Executable, params: Mapping[str, Any]) -> int:
        compiled = _compiler(statement, params)
        try:
            status: str = await self.raw.execute(compiled.sql, *_bind(compiled, params))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise _told(error) from error
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_many(self, statement: Executable, params: Sequence[Mapping[str, Any]]) -> None:
        compiled = _compiler(statement, params[0])
        try:
            await self.raw.executemany(compiled.sql, [_bind(compiled, each) for each in params])
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise _told(error) from error


async def _keep(_connection: Any) -> None:
    """Nothing to reset between uses: we change no session state, and a round trip is saved."""


class PostgresqlDatabase:
    """An open PostgreSQL database. Make it with `open_postgresql`."""

    def __init__(self, url: str, clock: Callable[[], int]) -> None:
        self.url = url
        self.clock = clock
        self.ids = IdSource(clock)
        self.memory = Memory()
        self._pool: Any = None
        self._ear: Any = None
        self._listeners: list[Listener] = []

    async def open(self) -> None:
        """Raises Unavailable if the server cannot be reached or refuses us."""
        try:
            self._pool = await asyncpg.create_pool(self.url, min_size=1, max_size=10, reset=_keep)
            self._ear = await asyncpg.connect(self.url)
            await self._ear.add_listener(CHANNEL, self._hear)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            raise Unavailable(f"cannot open the PostgreSQL database: {error}") from error

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        event = _decode(payload)
        for listener in tuple(self._listeners):
            listener(event)

    def _tx(self, raw: Any, *, writes: bool) -> Tx:
        connection = PostgresqlConnection(raw)
        return Tx(connection, now=self.clock(), ids=self.ids, memory=self.memory, writes=writes)

    @asynccontextmanager
    async def read(self, *, slow: bool = False) -> AsyncIterator[Tx]:
        # The server is another process: what is slow there holds up nobody here.
        async with self._acquired() as raw:
            yield Tx(
                PostgresqlConnection(raw), now=self.clock(), ids=self.ids, memory=self.memory, writes=False
            )

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with self._acquired() as raw:
            tx = Tx(
                PostgresqlConnection(raw), now=self.clock(), ids=self.ids, memory=self.memory, writes=True
            )
            transaction = raw.transaction()
            await transaction.start()
            try:
                yield tx
                for event in tx.events:
                    await raw.execute("SELECT pg_notify($1, $2)", CHANNEL, _encode(event).decode())
                await asyncio.shield(transaction.commit())
            except BaseException:
                if raw.is_in_transaction() and not raw.is_closed():
                    await asyncio.shield(transaction.rollback())
                raise

    @asynccontextmanager
    async def _acquired(self) -> AsyncIterator[Any]:
        try:
            raw = await self._pool.acquire()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise _told(error) from error
        try:
            yield raw
        finally:
            await self._pool.release(raw)

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def changed_elsewhere(self) -> bool:
        """Never: NOTIFY tells every process."""
        return False

    async def close(self) -> None:
        if self._ear is not None:
            await self._ear.close()
        if self._pool is not None:
            await self._pool.close()


async def open_postgresql(url: str, clock: Callable[[], int]) -> PostgresqlDatabase:
    """Connect to `url` (`postgresql://…`). Raises Unavailable."""
    database = PostgresqlDatabase(url, clock)
    await database.open()
    return database
