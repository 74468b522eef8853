"""Transactions on SQLite and PostgreSQL, with the ids that they give and the pages that they are asked for.

Statements are SQLAlchemy Core, built once at import by `storage.queries`; here they are
compiled once per dialect and then run on the driver's own connection (sqlite3, asyncpg).
That keeps one schema for both databases at about a quarter of the cost of an engine's
execution per call, which is what the hot paths are made of.

Laws: one request or job is one transaction; events leave after the commit; nothing here
knows what the rows mean. Bind parameters are given by name; a list goes to `one_of`.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy.sql.base import Executable

from storage.cache import CacheRegistry
from storage.sealing.box import SecretBox, seal, unseal

Params = Mapping[str, Any]

# Ids sort by time: 48 bits of milliseconds, then a 16 bit counter. The layout is Mastodon's, because clients
# turn dates into ids with it (`seconds << 16) * 1000`). Inside they are integers; only the client API writes
# them as strings. Posts of peers get an id from their `published` time, so that a late arrival still sorts
# where it belongs.
COUNTER_BITS = 16
COUNTER_MASK = (1 << COUNTER_BITS) - 1
EXACT_ID_STEP = 160  # exact in a double until 2109, and written with all its digits by JavaScript
MAX_ID = (1 << 63) - 1


def _escape_wildcards(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def to_like_pattern(text: str) -> str:
    """Return a LIKE pattern for texts that begin with `text`; its wildcards are escaped by a backslash."""
    return _escape_wildcards(text) + "%"


def to_contained_pattern(text: str) -> str:
    """Return a LIKE pattern for texts that contain `text`, as `to_like_pattern` does."""
    return f"%{_escape_wildcards(text)}%"


def first_id_at(moment: int) -> int:
    """Return the smallest id of a millisecond: the cursor for "since then"."""
    return moment << COUNTER_BITS


class IdSource:
    """A source of ids. Those that one process makes for the current time strictly ascend.

    The counter starts at random in each millisecond, so that several processes on one
    database collide rarely; the primary key catches the rest.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._last = 0

    def new(self) -> int:
        """Return an id for the current time, greater than every id made here before."""
        fresh = (self._clock() << COUNTER_BITS) | secrets.randbelow(COUNTER_MASK >> 1)
        self._last = max(fresh, self._last + 1)
        return self._last

    def new_exact(self) -> int:
        """Return an id for the current time that JavaScript, where numbers are doubles, holds exactly."""
        self._last = -(-self.new() // EXACT_ID_STEP) * EXACT_ID_STEP
        return self._last

    def new_at(self, moment: int) -> int:
        """Return an id for a past time (milliseconds UTC), as remote posts need it.

        A time before 1970 or in the future counts as now.
        """
        if not 0 < moment <= self._clock():
            return self.new()
        return (moment << COUNTER_BITS) | secrets.randbelow(COUNTER_MASK)


class Page(Struct, frozen=True):
    """A part of a list, as the Mastodon API asks for it: exclusive bounds of ids, and a number of rows.

    `max_id`: older than; `since_id`: newer than, the newest first; `min_id`: newer than, those just above it.
    Every page is sorted newest first.
    """

    limit: int = 20
    max_id: int = MAX_ID
    since_id: int = 0
    min_id: int | None = None

    @property
    def is_upwards(self) -> bool:
        """True for the rows just above `min_id` instead of the newest."""
        return self.min_id is not None

    def bind_params(self) -> dict[str, int]:
        """Return the bind parameters of a `PagedStatement`."""
        low = self.since_id if self.min_id is None else self.min_id
        return {"page_max": self.max_id, "page_low": low, "page_limit": self.limit}


class Event(Struct, frozen=True):
    """Something that happened, sent to listeners after the commit: a kind and ids."""

    kind: str
    data: dict[str, Any]


Listener = Callable[[Event], None]
Follower = Callable[[Sequence[Event]], Awaitable[None]]


class Connection(Protocol):
    """A connection of a driver, as far as a transaction needs it."""

    async def fetch(self, statement: Executable, params: Params) -> Sequence[Sequence[Any]]: ...

    async def execute(self, statement: Executable, params: Params) -> int: ...

    async def execute_many(self, statement: Executable, params: Sequence[Params]) -> None: ...


class ReadTx:
    """A transaction that reads: what views and renderers are given.

    `now` is when it began (milliseconds UTC); `statement_count` is the number of statements so far.
    `caches` belong to the process; a writer must not put anything there, as it may yet roll back.
    `secret_box` encrypts the columns that hold secrets; None leaves them in clear.
    """

    __slots__ = ("_connection", "caches", "is_write", "now", "secret_box", "statement_count")

    def __init__(
        self,
        connection: Connection,
        *,
        now: int,
        caches: CacheRegistry,
        secret_box: SecretBox | None = None,
    ) -> None:
        self._connection = connection
        self.secret_box = secret_box
        self.now = now
        self.caches = caches
        self.is_write = False
        self.statement_count = 0

    async def all(self, statement: Executable, /, **params: Any) -> Sequence[Sequence[Any]]:
        """Return all rows. Raises DatabaseUnavailableError, as every method here does."""
        self.statement_count += 1
        return await self._connection.fetch(statement, params)

    async def one(self, statement: Executable, /, **params: Any) -> Sequence[Any] | None:
        """Return the first row, None if there is none."""
        self.statement_count += 1
        rows = await self._connection.fetch(statement, params)
        return rows[0] if rows else None

    async def value(self, statement: Executable, /, **params: Any) -> Any:
        """Return the first column of the first row, None if there is no row."""
        row = await self.one(statement, **params)
        return row[0] if row else None

    async def values(self, statement: Executable, /, **params: Any) -> list[Any]:
        """Return the first column of every row."""
        return [row[0] for row in await self.all(statement, **params)]

    def unseal(self, stored: str, context: str) -> str:
        """Return the plain secret of a stored one. Raises SealKeyError if it cannot be read."""
        return unseal(self.secret_box, stored, context)


class Tx(ReadTx):
    """A transaction that may write: the statements of one request or job, and its events."""

    __slots__ = ("events", "ids")

    def __init__(
        self,
        connection: Connection,
        *,
        now: int,
        ids: IdSource,
        caches: CacheRegistry,
        secret_box: SecretBox | None = None,
    ) -> None:
        super().__init__(connection, now=now, caches=caches, secret_box=secret_box)
        self.ids = ids
        self.is_write = True
        self.events: list[Event] = []

    def new_id(self, at: int | None = None) -> int:
        """Return a new id for this moment, or for a past one."""
        return self.ids.new() if at is None else self.ids.new_at(at)

    def new_exact_id(self) -> int:
        """Return a new id that is given to clients as a number too."""
        return self.ids.new_exact()

    def seal(self, secret: str, context: str) -> str:
        """Return a secret as it is stored. Raises SealKeyError if the key cannot be used."""
        return seal(self.secret_box, secret, context)

    def emit(self, kind: str, **data: Any) -> None:
        """Add an event that listeners get after the commit, and not if the transaction fails."""
        self.events.append(Event(kind, data))

    async def run(self, statement: Executable, /, **params: Any) -> int:
        """Execute a statement and return the number of rows that changed. Raises ConflictError."""
        self.statement_count += 1
        return await self._connection.execute(statement, params)

    async def run_many(self, statement: Executable, params: Iterable[Params]) -> None:
        """Execute a statement once per set of parameters, which have the same names; do nothing without."""
        rows = list(params)
        if rows:
            self.statement_count += 1
            await self._connection.execute_many(statement, rows)


class Database(Protocol):
    """An open database."""

    clock: Callable[[], int]
    ids: IdSource
    caches: CacheRegistry
    secret_box: SecretBox | None

    def read(self, *, slow: bool = False) -> AbstractAsyncContextManager[ReadTx]:
        """Begin a transaction that sees what is committed.

        `slow` is for statements that may take more than a few milliseconds (full-text searches, sums over
        tables, scans), so that they do not delay the others.
        """
        ...

    def write(self) -> AbstractAsyncContextManager[Tx]:
        """Begin a transaction that is on disk when the block has ended; an exception rolls it back."""
        ...

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each event after its commit; return a function that ends this."""
        ...

    def follow(self, follower: Follower) -> None:
        """Await `follower` with the events of each write of this process before `write` ends.

        It is for what is held in memory: a client that asked for the write finds it applied. Listeners get
        the same events, at some time.
        """
        ...

    async def has_external_changes(self) -> bool:
        """Return True if another process wrote since the last call, and its events did not arrive here."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
