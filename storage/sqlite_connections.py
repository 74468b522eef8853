"""Connections to SQLite: one with a thread of its own, and how statements are run without it."""

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
# How long a read may hold up the loop, seconds; SQLite asks every so many of its steps (about 0.2 ms).
INLINE_TIMEOUT_S = 0.01
PROGRESS_STEPS = 5_000
# More sets of parameters than this are written on the thread.
MAX_INLINE_SETS = 100
# After so many statements on the loop's thread the others get their turn.
MAX_CONSECUTIVE = 50

_BOOLEANS = {0: False, 1: True, None: None}
_compiler = Compiler(SQLITE)


def translate_error(error: sqlite3.Error) -> Exception:
    """The error in our words."""
    if isinstance(error, sqlite3.IntegrityError):
        return ConflictError(str(error))
    return DatabaseUnavailableError(f"SQLite: {error}")


def rolled_back_error() -> DatabaseUnavailableError:
    """SQLite has undone a transaction by itself."""
    return DatabaseUnavailableError("SQLite: the transaction was rolled back")


def _error_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_busy(error: sqlite3.Error) -> bool:
    """Somebody else has the lock: waiting helps."""
    return _error_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _bind(compiled: CompiledStatement, params: Mapping[str, Any]) -> Mapping[str, Any]:
    bound = compiled.bind(params)
    if compiled.list_params:
        bound = dict(bound)
        for name in compiled.list_params:
            bound[name] = encode_list(bound[name]).decode()
    return bound


def _convert_booleans(rows: Rows, places: list[int]) -> list[list[Any]]:
    changed = [list(row) for row in rows]
    for row in changed:
        for place in places:
            row[place] = _BOOLEANS[row[place]]
    return changed


class StatementTimeout:
    """Says when a statement has run too long; SQLite stops it then."""

    __slots__ = ("deadline",)

    def __init__(self) -> None:
        self.deadline = inf

    def is_expired(self) -> bool:
        return perf_counter() > self.deadline


class ThreadConnection:
    """A connection in autocommit mode with a thread of its own; `Tx` runs on the thread.

    `raw` may be used on the caller's thread as long as the other is not `at_work`: never on both at once.
    """

    def __init__(self, path: Path, *, is_read_only: bool) -> None:
        self.path = path
        self.is_read_only = is_read_only
        self.raw: sqlite3.Connection
        self.busy_count = 0
        self._timeout = StatementTimeout()
        self._thread = aiosqlite.Connection(lambda: self.raw, iter_chunk_size=64)

    async def open(self) -> None:
        """Raises Unavailable if the file cannot be opened or is not a database."""
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
        """False also after SQLite undid the transaction because of an error, like a disk that is full."""
        try:
            return self.raw.in_transaction
        except sqlite3.ProgrammingError:  # closed
            return False

    def set_busy_timeout(self, milliseconds: int) -> None:
        """How long a statement waits for a lock."""
        self.run_inline(f"PRAGMA busy_timeout={milliseconds}")

    def read_data_version(self) -> int:
        """A number that changes when another connection commits. Raises Unavailable."""
        try:
            found = self.raw.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            raise translate_error(error) from error
        return int(found[0])

    def run_inline(self, sql: str) -> None:
        """Run on the caller's thread."""
        try:
            self.raw.execute(sql)
        except sqlite3.Error as error:
            raise translate_error(error) from error

    async def run_on_thread(self, sql: str) -> None:
        """Run on the thread."""
        await self._on_thread(self._thread.execute(sql))

    def fetch_inline(self, compiled: CompiledStatement, params: Mapping[str, Any]) -> Rows | None:
        """Rows, on the caller's thread. None if a read would take too long: locked, or simply long."""
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
        """The number of rows that changed, on the caller's thread."""
        try:
            return self.raw.execute(compiled.sql, _bind(compiled, params)).rowcount
        except sqlite3.Error as error:
            raise translate_error(error) from error

    def execute_many_inline(self, compiled: CompiledStatement, params: Sequence[Mapping[str, Any]]) -> None:
        try:
            self.raw.executemany(compiled.sql, [_bind(compiled, each) for each in params])
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
        bound = [_bind(compiled, each) for each in params]
        await self._on_thread(self._thread.executemany(compiled.sql, bound))

    async def _on_thread(self, work: Coroutine[Any, Any, T]) -> T:
        """What the thread answers. Who is cancelled waits too: the connection is not free before."""
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
        except ValueError as error:  # aiosqlite's word for a connection that is closed
            raise DatabaseUnavailableError(f"SQLite: {error}") from error
        finally:
            self.busy_count -= 1

    async def _wait_until_idle(self) -> None:
        """Wait until the thread has done what it was given, whoever is cancelled."""
        last = asyncio.ensure_future(self._thread.execute("SELECT 1"))
        while not last.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([last])
        last.exception()


class LoopConnection:
    """Runs on the caller's thread what is short; the rest `elsewhere`, on the thread of a connection."""

    def __init__(
        self, own: ThreadConnection, elsewhere: Callable[[], AbstractAsyncContextManager[ThreadConnection]]
    ) -> None:
        self._connection = own
        self._acquire_thread_connection = elsewhere
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
            raise rolled_back_error()
        return compiled.is_short and not self._connection.busy_count
