"""What a node counts of itself: plain numbers, written where work is done. `exposition` makes text of them.

Everything runs on one event loop, so that nothing is locked; each node has its own. What tells figures apart
comes from us (methods, route templates, outcomes), never from a peer or a path: their number is bounded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from time import perf_counter
from types import TracebackType
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from storage.engine import Database, Event, Tx

SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
STATEMENT_BUCKETS = (0.0, 1.0, 2.0, 4.0, 8.0, 12.0, 20.0, 40.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"


class Histogram:
    """How often a value was at most each bound; one more for what is above all."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class RouteMetrics:
    """The requests of one method and route template."""

    __slots__ = ("seconds", "statements", "statuses")

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.seconds = Histogram(SECONDS_BUCKETS)
        self.statements = Histogram(STATEMENT_BUCKETS)


class NodeMetrics:
    """The figures of one node since its start."""

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], RouteMetrics] = {}
        self.deliveries: Counter[str] = Counter()  # by outcome
        self.activities: Counter[tuple[str, str]] = Counter()  # by type and outcome
        self.streams_open = 0
        self.events_lost = 0
        self._known: dict[tuple[str, web.AbstractResource | None], RouteMetrics] = {}

    def get_route(self, request: web.Request) -> RouteMetrics:
        """Where a request is counted. What no route answers is counted together, whatever its path."""
        resource = request.match_info.route.resource
        found = self._known.get((request.method, resource))
        if found is None:
            method = request.method if request.method in METHODS else "other"
            route = UNMATCHED if resource is None else resource.canonical.rstrip("/") or "/"
            found = self.routes.setdefault((method, route), RouteMetrics())
            if request.method in METHODS:
                self._known[request.method, resource] = found
        return found


_statement_count: ContextVar[list[int] | None] = ContextVar("spent", default=None)


def build_middleware(metrics: NodeMetrics) -> Middleware:
    """The middleware that counts requests. A stream has no duration: it lasts as long as somebody listens."""

    @web.middleware
    async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
        figures = metrics.get_route(request)
        spent = [0]
        _statement_count.set(spent)
        started = perf_counter()
        status = 500
        streamed = False
        try:
            response = await handler(request)
            status, streamed = response.status, response.prepared
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            figures.statuses[status] = figures.statuses.get(status, 0) + 1
            if not streamed:
                figures.seconds.observe(perf_counter() - started)
                figures.statements.observe(spent[0])

    return measure


class _CountedTransaction:
    """A transaction whose statements are added to those of its request."""

    __slots__ = ("_inner", "_tx")

    def __init__(self, inner: AbstractAsyncContextManager[Tx]) -> None:
        self._inner = inner

    async def __aenter__(self) -> Tx:
        self._tx = await self._inner.__aenter__()
        return self._tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        spent = _statement_count.get()
        if spent is not None:
            spent[0] += self._tx.statement_count
        return await self._inner.__aexit__(kind, error, trace)


class CountedDatabase:
    """A database that tells requests how many statements they took."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.clock = db.clock
        self.ids = db.ids
        self.memory = db.caches

    def __getattr__(self, name: str) -> Any:
        """Whatever else a database has."""
        return getattr(self._db, name)

    def read(self, *, slow: bool = False) -> AbstractAsyncContextManager[Tx]:
        return _CountedTransaction(self._db.read(slow=slow))

    def write(self) -> AbstractAsyncContextManager[Tx]:
        return _CountedTransaction(self._db.write())

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        return self._db.listen(listener)

    async def changed_elsewhere(self) -> bool:
        return await self._db.has_external_changes()

    async def close(self) -> None:
        await self._db.close()
