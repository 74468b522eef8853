"""PostgreSQL through asyncpg: a pool, and NOTIFY so that every process hears every event.

asyncpg is an extra: this module is imported only when the database URL asks for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import asyncpg
import msgspec
from sqlalchemy.sql.base import Executable

from storage.cache import CacheRegistry
from storage.compiled import POSTGRESQL, CompiledStatement, Compiler
from storage.engine import Event, IdSource, Listener, ReadTx, Tx
from storage.errors import ConflictError, DatabaseUnavailableError

CHANNEL = "fedserver_events"
MIN_RECONNECT_WAIT_S, MAX_RECONNECT_WAIT_S = 0.1, 5.0
DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_compiler = Compiler(POSTGRESQL)
_encode_event = msgspec.json.Encoder().encode
_decode_event = msgspec.json.Decoder(Event).decode


def _bind(compiled: CompiledStatement, params: Mapping[str, Any]) -> list[Any]:
    bound = compiled.bind(params)
    return [bound[name] for name in compiled.param_names]


def _translate_error(error: Exception) -> Exception:
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return ConflictError(str(error))
    return DatabaseUnavailableError(f"PostgreSQL: {error}")


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Turn errors of the driver into ConflictError and DatabaseUnavailableError."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise _translate_error(error) from error


class PostgresqlConnection:
    """One connection of the pool; `Tx` runs on it."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    async def fetch(self, statement: Executable, params: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        compiled = _compiler(statement, params)
        with _translate_errors():
            rows: Sequence[Sequence[Any]] = await self.raw.fetch(compiled.sql, *_bind(compiled, params))
        return rows

    async def execute(self, statement: Executable, params: Mapping[str, Any]) -> int:
        compiled = _compiler(statement, params)
        with _translate_errors():
            status: str = await self.raw.execute(compiled.sql, *_bind(compiled, params))
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_many(self, statement: Executable, params: Sequence[Mapping[str, Any]]) -> None:
        compiled = _compiler(statement, params[0])
        with _translate_errors():
            await self.raw.executemany(compiled.sql, [_bind(compiled, row) for row in params])


async def _skip_reset(_connection: Any) -> None:
    """Do nothing between uses: no session state is changed, and this saves a round trip."""


async def _roll_back(raw: Any, transaction: Any) -> None:
    try:
        if raw.is_in_transaction():
            await asyncio.shield(transaction.rollback())
    except DRIVER_ERRORS:
        # The connection is lost, or must not go back to the pool in this state.
        with suppress(asyncpg.InterfaceError):
            raw.terminate()


class PostgresqlDatabase:
    """An open PostgreSQL database; `open_postgresql` makes it."""

    def __init__(self, url: str, clock: Callable[[], int]) -> None:
        self.url = url
        self.clock = clock
        self.ids = IdSource(clock)
        self.caches = CacheRegistry()
        self._pool: Any = None
        self._event_connection: Any = None
        self._reopen_task: asyncio.Task[None] | None = None
        self._missed_events = False
        self._listeners: list[Listener] = []

    async def open(self) -> None:
        """Connect. Raises DatabaseUnavailableError if the server cannot be reached or refuses."""
        try:
            self._pool = await asyncpg.create_pool(self.url, min_size=1, max_size=10, reset=_skip_reset)
            await self._open_event_connection()
        except (*DRIVER_ERRORS, ValueError) as error:
            raise DatabaseUnavailableError(f"cannot open the PostgreSQL database: {error}") from error

    async def _open_event_connection(self) -> None:
        self._event_connection = connection = await asyncpg.connect(self.url)
        try:
            await connection.add_listener(CHANNEL, self._on_notify)
        except DRIVER_ERRORS:
            connection.terminate()
            raise
        connection.add_termination_listener(self._on_connection_lost)

    def _on_connection_lost(self, _connection: Any) -> None:
        self._reopen_task = asyncio.create_task(self._reopen_event_connection())

    async def _reopen_event_connection(self) -> None:
        """Listen again as soon as possible. Events in between are lost, see `has_external_changes`."""
        wait = MIN_RECONNECT_WAIT_S
        while True:
            try:
                await self._open_event_connection()
            except DRIVER_ERRORS:
                await asyncio.sleep(wait)
                wait = min(2 * wait, MAX_RECONNECT_WAIT_S)
            else:
                self._missed_events = True
                return

    def _on_notify(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        event = _decode_event(payload)
        for listener in tuple(self._listeners):
            listener(event)

    def _write_tx(self, raw: Any) -> Tx:
        return Tx(PostgresqlConnection(raw), now=self.clock(), ids=self.ids, caches=self.caches)

    @asynccontextmanager
    async def read(self, *, slow: bool = False) -> AsyncIterator[ReadTx]:
        # The server is another process, where a slow statement delays no other.
        async with self._acquire() as raw:
            yield ReadTx(PostgresqlConnection(raw), now=self.clock(), caches=self.caches)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with self._acquire() as raw:
            tx = self._write_tx(raw)
            transaction = raw.transaction()
            with _translate_errors():
                await transaction.start()
            try:
                yield tx
                with _translate_errors():
                    for event in tx.events:
                        await raw.execute("SELECT pg_notify($1, $2)", CHANNEL, _encode_event(event).decode())
                    await asyncio.shield(transaction.commit())
            except BaseException:
                await _roll_back(raw, transaction)
                raise

    @asynccontextmanager
    async def _acquire(self) -> AsyncIterator[Any]:
        with _translate_errors():
            raw = await self._pool.acquire()
        try:
            yield raw
        finally:
            # A lost connection may raise again when it is released.
            with _translate_errors():
                await self._pool.release(raw)

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def has_external_changes(self) -> bool:
        """Return True if the connection for events was down since the last call; else NOTIFY reached it."""
        missed, self._missed_events = self._missed_events, False
        return missed

    async def close(self) -> None:
        if self._reopen_task is not None:
            self._reopen_task.cancel()
        if self._event_connection is not None:
            self._event_connection.remove_termination_listener(self._on_connection_lost)
            await self._event_connection.close()
        if self._pool is not None:
            await self._pool.close()


async def open_postgresql(url: str, clock: Callable[[], int]) -> PostgresqlDatabase:
    """Connect to `url` (`postgresql://…`). Raises DatabaseUnavailableError."""
    database = PostgresqlDatabase(url, clock)
    await database.open()
    return database
