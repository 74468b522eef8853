"""How many statements a request takes, counted where its transactions end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Generic, TypeVar

from storage.engine import Database, Event, Follower, ReadTx, Tx


class StatementCount:
    """The statements of one request until now."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


_statement_count: ContextVar[StatementCount | None] = ContextVar("statement_count", default=None)


@contextmanager
def count_statements() -> Iterator[StatementCount]:
    """Count the statements of transactions that end inside the block, in this task and those it starts."""
    count = StatementCount()
    token = _statement_count.set(count)
    try:
        yield count
    finally:
        _statement_count.reset(token)


T = TypeVar("T", bound=ReadTx)


class _CountedTransaction(Generic[T]):
    """A transaction whose statements are added to those of its request."""

    __slots__ = ("_inner", "_tx")

    def __init__(self, inner: AbstractAsyncContextManager[T]) -> None:
        self._inner = inner

    async def __aenter__(self) -> T:
        self._tx = await self._inner.__aenter__()
        return self._tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        count = _statement_count.get()
        if count is not None:
            count.value += self._tx.statement_count
        return await self._inner.__aexit__(kind, error, trace)


class CountedDatabase:
    """A database whose transactions count their statements for the request that they belong to."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.clock = db.clock
        self.ids = db.ids
        self.caches = db.caches
        self.secret_box = db.secret_box

    def __getattr__(self, name: str) -> Any:
        """Return anything else that a database has."""
        return getattr(self._db, name)

    def read(self, *, slow: bool = False) -> AbstractAsyncContextManager[ReadTx]:
        """See `Database.read`."""
        return _CountedTransaction(self._db.read(slow=slow))

    def write(self) -> AbstractAsyncContextManager[Tx]:
        """See `Database.write`."""
        return _CountedTransaction(self._db.write())

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """See `Database.listen`."""
        return self._db.listen(listener)

    def follow(self, follower: Follower) -> None:
        """See `Database.follow`."""
        self._db.follow(follower)

    async def has_external_changes(self) -> bool:
        """See `Database.has_external_changes`."""
        return await self._db.has_external_changes()

    async def close(self) -> None:
        """See `Database.close`."""
        await self._db.close()
