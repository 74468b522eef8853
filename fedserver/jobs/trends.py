"""Trends, computed again every ten minutes."""

from __future__ import annotations

from fedserver.domain.timelines import trends
from fedserver.runtime.services import Services

INTERVAL_MS = 600_000


class TrendWorker:
    """A worker that computes trends every ten minutes."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._next_run_at = 0

    async def run(self) -> int:
        """Compute trends if they are due. Returns 0: no backlog is left to continue with."""
        db = self._services.db
        if db.clock() < self._next_run_at:
            return 0
        self._next_run_at = db.clock() + INTERVAL_MS
        async with db.read(slow=True) as tx:
            rows_by_kind = await trends.compute(tx)
        async with db.write() as tx:
            await trends.save(tx, rows_by_kind)
        return 0

    async def next_due(self) -> int | None:
        """Return when trends are due again (ms UTC)."""
        return self._next_run_at
