"""A leased job: what a handler needs that finishes the job in its own transaction, or that takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from storage.engine import Database, Tx
from storage.queries.kernel import jobs as job_queries
from storage.rows.kernel import JobRow

R = TypeVar("R")


class JobLease:
    """The lease on one job, which lasts `duration_ms` from when it was taken."""

    def __init__(self, db: Database, row: JobRow, duration_ms: int) -> None:
        self._db = db
        self._row = row
        self._duration_ms = duration_ms

    @property
    def attempts(self) -> int:
        """How often the job was begun, this time included."""
        return self._row.attempts

    async def finish(self, tx: Tx) -> None:
        """Delete the job in the transaction that does its work, so that neither happens without the other."""
        await job_queries.finish(tx, [self._row.id])

    async def hold(self, work: Coroutine[Any, Any, R]) -> R:
        """Await work that may take long, and prolong the lease three times a duration until it ends."""
        running = asyncio.create_task(work)
        try:
            while not (await asyncio.wait([running], timeout=self._duration_ms / 3_000))[0]:
                async with self._db.write() as tx:
                    await job_queries.renew(tx, self._row.id, tx.now + self._duration_ms)
            return await running
        finally:
            running.cancel()
