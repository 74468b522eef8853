"""PostgreSQL through asyncpg: a pool, and NOTIFY so that every process hears every event.

With a second URL the pool leads through a pooler of transactions (PgBouncer): each transaction may run on
another session of the server then. So statements are not kept prepared, a read is a transaction too, and the
connection for events, which keeps a lock and listens, leads to the server itself.

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

from storage.access import BEING_REPLACED, TRY_RESERVE, TRY_SHARE
from storage.cache import CacheRegistry
from storage.compiled import POSTGRESQL, CompiledStatement, Compiler
from storage.engine import Event, Follower, IdSource, Listener, ReadTx, Tx
from storage.errors import ConflictError, DatabaseInUseError, DatabaseUnavailableError
from storage.sealing.box import SecretBox

CHANNEL = "fedserver_events"
MIN_RECONNECT_WAIT_S, MAX_RECONNECT_WAIT_S = 0.1, 5.0
DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
# What a server says that another session prepared the statement, or this one not.
POOLING_ERRORS = (asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidSQLStatementNameError)
POOLING_ADVICE = (
    "A pooler such as PgBouncer gives each transaction another session there. Please set database.direct_url "
    "to the address of PostgreSQL itself and leave the pooler's in database.url, or let it pool sessions"
)
POOLING_PROBES = 3  # other clients of the pooler may take the session that the probe waits for
SAME_DATABASE = "SELECT pg_postmaster_start_time()::text || ' ' || current_database()"
_compiler = Compiler(POSTGRESQL)
_encode_event = msgspec.json.Encoder().encode
_decode_event = msgspec.json.Decoder(Event).decode


def _bind(compiled: CompiledStatement, params: Mapping[str, Any]) -> list[Any]:
    bound = compiled.bind(params)
    return [bound[name] for name in compiled.param_names]


def _translate_error(error: Exception) -> Exception:
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return ConflictError(str(error))
    if isinstance(error, POOLING_ERRORS):
        return DatabaseUnavailableError(f"PostgreSQL: {error}. {POOLING_ADVICE}")
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

    def __init__(
        self,
        url: str,
        clock: Callable[[], int],
        secret_box: SecretBox | None = None,
        direct_url: str = "",
    ) -> None:
        self.url = url
        self.clock = clock
        self.secret_box = secret_box
        self._direct_url = direct_url or url
        self._is_pooled = bool(direct_url)
        self.ids = IdSource(clock)
        self.caches = CacheRegistry()
        self._pool: Any = None
        self._event_connection: Any = None
        self._reopen_task: asyncio.Task[None] | None = None
        self._missed_events = False
        self._listeners: list[Listener] = []
        self._followers: list[Follower] = []

    async def open(self) -> None:
        """Connect. Raises DatabaseUnavailableError if the server cannot be reached or refuses."""
        # Without a cache asyncpg prepares no statement under a name.
        options = {"statement_cache_size": 0} if self._is_pooled else {}
        try:
            self._pool = await asyncpg.create_pool(
                self.url, min_size=1, max_size=10, reset=_skip_reset, **options
            )
            await self._open_event_connection()
            if self._is_pooled:
                await self._check_direct_url()
        except (*DRIVER_ERRORS, ValueError) as error:
            raise DatabaseUnavailableError(f"cannot open the PostgreSQL database: {error}") from error

    async def _open_event_connection(self) -> None:
        """Connect to the server itself, keep the database from being replaced, and listen."""
        connection = await asyncpg.connect(self._direct_url, statement_cache_size=0)
        self._event_connection = connection
        try:
            key = "database.direct_url" if self._is_pooled else "database.url"
            await _refuse_pooling(self._direct_url, connection, key)
            if not await connection.fetchval(TRY_SHARE):
                raise DatabaseInUseError(BEING_REPLACED)
            await connection.add_listener(CHANNEL, self._on_notify)
        except BaseException:
            connection.terminate()
            raise
        connection.add_termination_listener(self._on_connection_lost)

    async def _check_direct_url(self) -> None:
        """Raise DatabaseUnavailableError if the two URLs lead to different databases."""
        async with self._pool.acquire() as raw, raw.transaction():
            through_pooler = await raw.fetchval(SAME_DATABASE)
        if through_pooler != await self._event_connection.fetchval(SAME_DATABASE):
            raise DatabaseUnavailableError(
                "database.url and database.direct_url lead to different databases: please name one in both"
            )

    def _on_connection_lost(self, _connection: Any) -> None:
        self._reopen_task = asyncio.create_task(self._reopen_event_connection())

    async def _reopen_event_connection(self) -> None:
        """Listen again as soon as possible. Events in between are lost, see `has_external_changes`."""
        wait = MIN_RECONNECT_WAIT_S
        while True:
            try:
                await self._open_event_connection()
            except (*DRIVER_ERRORS, DatabaseInUseError):
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
        connection = PostgresqlConnection(raw)
        return Tx(connection, now=self.clock(), ids=self.ids, caches=self.caches, secret_box=self.secret_box)

    @asynccontextmanager
    async def read(self, *, slow: bool = False) -> AsyncIterator[ReadTx]:
        # The server is another process, where a slow statement delays no other.
        async with self._acquire() as raw:
            connection = PostgresqlConnection(raw)
            tx = ReadTx(connection, now=self.clock(), caches=self.caches, secret_box=self.secret_box)
            if not self._is_pooled:
                yield tx
                return
            # A statement is prepared and run in two messages, which must reach the same session.
            transaction = raw.transaction(readonly=True)
            with _translate_errors():
                await transaction.start()
            try:
                yield tx
            finally:
                await _roll_back(raw, transaction)

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
        if tx.events:
            for follower in self._followers:
                await follower(tx.events)

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

    def follow(self, follower: Follower) -> None:
        self._followers.append(follower)

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


async def _refuse_pooling(url: str, connection: Any, key: str) -> None:
    """Raise DatabaseUnavailableError if a pooler of transactions is at `url`, where sessions are needed."""
    # guard: pooler of transactions
    if await _pools_transactions(url, connection):
        raise DatabaseUnavailableError(f"{key} leads through a pooler of transactions. {POOLING_ADVICE}")


async def _pools_transactions(url: str, connection: Any) -> bool:
    """Return True if transactions of one connection to `url` run on several sessions of the server."""
    # A pooler invents the number that a client receives, so with most servers this is all that is asked.
    if await _read_session(connection) == connection.get_server_pid():
        return False
    for _ in range(POOLING_PROBES):
        if await _shares_session(url, connection):
            return True
    return False


async def _read_session(connection: Any) -> int:
    async with connection.transaction():
        session: int = await connection.fetchval("SELECT pg_backend_pid()")
    return session


async def _shares_session(url: str, connection: Any) -> bool:
    """Return True if a second connection gets the session of the first, or makes that one get another."""
    session = await _read_session(connection)
    try:
        other = await asyncpg.connect(url, statement_cache_size=0, timeout=5)
    except TimeoutError:  # a pooler of sessions that has no other
        return False
    try:
        async with other.transaction():
            taken = await other.fetchval("SELECT pg_backend_pid()", timeout=5)
            return taken == session or await _read_session(connection) != session
    finally:
        await other.close(timeout=5)


@asynccontextmanager
async def share_database(url: str) -> AsyncIterator[None]:
    """Keep a database from being replaced inside the block. Raises DatabaseUnavailableError."""
    async with _hold_lock(url, TRY_SHARE, BEING_REPLACED):
        yield


@asynccontextmanager
async def reserve_database(url: str) -> AsyncIterator[Any]:
    """Have a database alone inside the block; yield a connection to it. Raises DatabaseUnavailableError."""
    async with _hold_lock(url, TRY_RESERVE, "the database is in use by another process") as connection:
        yield connection


@asynccontextmanager
async def _hold_lock(url: str, statement: str, reason: str) -> AsyncIterator[Any]:
    try:
        connection = await asyncpg.connect(url, statement_cache_size=0)
    except (*DRIVER_ERRORS, ValueError) as error:
        raise DatabaseUnavailableError(f"cannot open the database: PostgreSQL: {error}") from error
    try:
        with _translate_errors():
            await _refuse_pooling(url, connection, "database.url")
            is_free = await connection.fetchval(statement)
        if not is_free:
            raise DatabaseInUseError(reason)
        yield connection
    finally:
        with suppress(*DRIVER_ERRORS, TimeoutError):
            await connection.close(timeout=5)


async def open_postgresql(
    url: str, clock: Callable[[], int], secret_box: SecretBox | None = None, direct_url: str = ""
) -> PostgresqlDatabase:
    """Connect to `url` (`postgresql://…`). Raises DatabaseUnavailableError.

    `direct_url` is the address of the server itself if `url` is that of a pooler of transactions.
    """
    database = PostgresqlDatabase(url, clock, secret_box, direct_url)
    try:
        await database.open()
    except BaseException:
        await database.close()
        raise
    return database
