"""Connections to SQLite: with a thread of their own, and on the thread of the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy.sql.base import Executable

from storage.compiled import SQLITE, CompiledStatement, Compiler, encode_list
from storage.errors import ConflictError, DatabaseUnavailableError

T = TypeVar("T")
Rows = Sequence[Sequence[Any]]

PRAGMAS = (
    "PRAGMA busy_timeout=10000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-16000",
    "PRAGMA temp_store=MEMORY",
)
# How long a read may block the loop. SQLite checks every PROGRESS_STEPS of its steps, about 0.2 ms.
INLINE_TIMEOUT_S = 0.01
PROGRESS_STEPS = 5_000
# More sets of parameters than this are written on the thread.
MAX_INLINE_SETS = 100
# After so many statements on the loop's thread other tasks run.
MAX_CONSECUTIVE = 50

_BOOLEANS = {0: False, 1: True, None: None}
_compiler = Compiler(SQLITE)


def translate_error(error: sqlite3.Error) -> Exception:
    """Return the error of ours for one of SQLite."""
    if isinstance(error, sqlite3.IntegrityError):
        return ConflictError(str(error))
    return DatabaseUnavailableError(f"SQLite: {error}")


def build_rollback_error() -> DatabaseUnavailableError:
    """Return the error for a transaction that SQLite rolled back by itself."""
    return DatabaseUnavailableError("SQLite: the transaction was rolled back")


def _error_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_busy(error: sqlite3.Error) -> bool:
    """Return True if another connection holds the lock, so that waiting helps."""
    return _error_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _bind(compiled: CompiledStatement, params: Mapping[str, Any]) -> Mapping[str, Any]:
    bound = compiled.bind(params)
    if compiled.list_params:
        bound = dict(bound)
        for name in compiled.list_params:
            bound[name] = encode_list(bound[name]).decode()
    return bound


def _convert_booleans(rows: Rows, columns: list[int]) -> list[list[Any]]:
    converted = [list(row) for row in rows]
    for row in converted:
        for column in columns:
            row[column] = _BOOLEANS[row[column]]
    return converted


class StatementTimeout:
    """The deadline of a statement, at which SQLite stops it."""

    __slots__ = ("deadline",)

    def __init__(self) -> None:
        self.deadline = inf

    def is_expired(self) -> bool:
        """Return True after the deadline."""
        return perf_counter() > self.deadline


class ThreadConnection:
    """A connection in autocommit mode with a thread of its own; `Tx` runs on the thread.

    `raw` may be used on the caller's thread while `busy_count` is 0: never on both at once.
    """

    def __init__(self, path: Path, *, is_read_only: bool) -> None:
        self.path = path
        self.is_read_only = is_read_only
        self.raw: sqlite3.Connection
        self.busy_count = 0
        self._timeout = StatementTimeout()
        self._thread = aiosqlite.Connection(lambda: self.raw, iter_chunk_size=64)

    async def open(self) -> None:
        """Open the file. Raises DatabaseUnavailableError if that fails or it is not a database."""
        try:
            self.raw = await asyncio.to_thread(self._connect)
        except sqlite3.Error as error:
            raise DatabaseUnavailableError(f"cannot open SQLite database {self.path}: {error}") from error
        await self._thread

    def _connect(self) -> sqlite3.Connection:
        raw = sqlite3.connect(self.path, isolation_level=None, cached_statements=512, check_same_thread=False)
        try:
            for pragma in PRAGMAS:
                raw.execute(pragma)
            raw.execute(f"PRAGMA query_only={int(self.is_read_only)}")
        except BaseException:
            raw.close()
            raise
        raw.set_progress_handler(self._timeout.is_expired, PROGRESS_STEPS)
        return raw

    async def close(self) -> None:
        await self._thread.close()

    @property
    def in_transaction(self) -> bool:
        """False also after SQLite rolled back because of an error, such as a full disk."""
        try:
            return self.raw.in_transaction
        except sqlite3.ProgrammingError:  # closed
            return False

    def set_busy_timeout(self, milliseconds: int) -> None:
        """Set for how long a statement waits for a lock."""
        self.run_inline(f"PRAGMA busy_timeout={milliseconds}")

    def read_data_version(self) -> int:
        """Return a number that changes when another connection commits. Raises DatabaseUnavailableError."""
        try:
            row = self.raw.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            raise translate_error(error) from error
        return int(row[0])

    def run_inline(self, sql: str) -> None:
        """Run SQL on the caller's thread."""
        try:
            self.raw.execute(sql)
        except sqlite3.Error as error:
            raise translate_error(error) from error

    async def run_on_thread(self, sql: str) -> None:
        """Run SQL on the thread of the connection."""
        await self._on_thread(self._thread.execute(sql))

    def fetch_inline(self, compiled: CompiledStatement, params: Mapping[str, Any]) -> Rows | None:
        """Return rows, on the caller's thread; None for a read that has to wait or takes too long."""
        if compiled.is_read:
            self._timeout.deadline = perf_counter() + INLINE_TIMEOUT_S
        try:
            rows: Rows = self.raw.execute(compiled.sql, _bind(compiled, params)).fetchall()
        except sqlite3.Error as error:
            if compiled.is_read and (is_busy(error) or _error_code(error) == sqlite3.SQLITE_INTERRUPT):
                return None
            raise translate_error(error) from error
        finally:
            self._timeout.deadline = inf
        return _convert_booleans(rows, compiled.boolean_columns) if compiled.boolean_columns else rows

    def execute_inline(self, compiled: CompiledStatement, params: Mapping[str, Any]) -> int:
        """Execute on the caller's thread and return the number of rows that changed."""
        try:
            return self.raw.execute(compiled.sql, _bind(compiled, params)).rowcount
        except sqlite3.Error as error:
            raise translate_error(error) from error

    def execute_many_inline(self, compiled: CompiledStatement, params: Sequence[Mapping[str, Any]]) -> None:
        """Execute once per set of parameters, on the caller's thread."""
        try:
            self.raw.executemany(compiled.sql, [_bind(compiled, row) for row in params])
        except sqlite3.Error as error:
            raise translate_error(error) from error

    async def fetch(self, statement: Executable, params: Mapping[str, Any]) -> Rows:
        compiled = _compiler(statement, params)
        rows = await self._on_thread(self._thread.execute_fetchall(compiled.sql, _bind(compiled, params)))
        return _convert_booleans(rows, compiled.boolean_columns) if compiled.boolean_columns else rows  # type: ignore[arg-type, return-value]

    async def execute(self, statement: Executable, params: Mapping[str, Any]) -> int:
        compiled = _compiler(statement, params)
        cursor = await self._on_thread(self._thread.execute(compiled.sql, _bind(compiled, params)))
        return cursor.rowcount

    async def execute_many(self, statement: Executable, params: Sequence[Mapping[str, Any]]) -> None:
        compiled = _compiler(statement, params[0])
        bound = [_bind(compiled, row) for row in params]
        await self._on_thread(self._thread.executemany(compiled.sql, bound))

    async def _on_thread(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of work on the thread.

        A cancelled caller waits too, as the connection cannot be used before the thread is done.
        """
        self._timeout.deadline = inf
        self.busy_count += 1
        try:
            return await work
        except asyncio.CancelledError:
            if self.is_read_only:
                self._timeout.deadline = 0.0
            await self._wait_until_idle()
            raise
        except sqlite3.Error as error:
            raise translate_error(error) from error
        except ValueError as error:  # aiosqlite raises it for a closed connection
            raise DatabaseUnavailableError(f"SQLite: {error}") from error
        finally:
            self.busy_count -= 1

    async def _wait_until_idle(self) -> None:
        """Wait until the thread has done its work, even if the caller is cancelled again."""
        last = asyncio.ensure_future(self._thread.execute("SELECT 1"))
        while not last.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([last])
        last.exception()


class LoopConnection:
    """A connection that runs short statements on the caller's thread, and others on that of another one."""

    def __init__(
        self,
        connection: ThreadConnection,
        acquire: Callable[[], AbstractAsyncContextManager[ThreadConnection]],
    ) -> None:
        self._connection = connection
        self._acquire_thread_connection = acquire
        self._consecutive = 0

    async def fetch(self, statement: Executable, params: Mapping[str, Any]) -> Rows:
        compiled = _compiler(statement, params)
        if await self._can_run_inline(compiled):
            rows = self._connection.fetch_inline(compiled, params)
            if rows is not None:
                return rows
        async with self._acquire_thread_connection() as connection:
            return await connection.fetch(statement, params)

    async def execute(self, statement: Executable, params: Mapping[str, Any]) -> int:
        compiled = _compiler(statement, params)
        if await self._can_run_inline(compiled):
            return self._connection.execute_inline(compiled, params)
        async with self._acquire_thread_connection() as connection:
            return await connection.execute(statement, params)

    async def execute_many(self, statement: Executable, params: Sequence[Mapping[str, Any]]) -> None:
        compiled = _compiler(statement, params[0])
        if await self._can_run_inline(compiled) and len(params) <= MAX_INLINE_SETS:
            return self._connection.execute_many_inline(compiled, params)
        async with self._acquire_thread_connection() as connection:
            await connection.execute_many(statement, params)

    async def _can_run_inline(self, compiled: CompiledStatement) -> bool:
        self._consecutive += 1
        if self._consecutive >= MAX_CONSECUTIVE:
            self._consecutive = 0
            await asyncio.sleep(0)
        if not (self._connection.is_read_only or self._connection.in_transaction):
            raise build_rollback_error()
        return compiled.is_short and not self._connection.busy_count
