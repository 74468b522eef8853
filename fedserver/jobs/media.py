"""The worker of long jobs: transcoding and archives, one at a time, beside all other work."""

from __future__ import annotations

import msgspec
import structlog

from fedserver.domain.kernel import jobs
from fedserver.jobs.lease import JobLease
from fedserver.jobs.registry import HANDLERS, KINDS_BY_QUEUE, MEDIA
from fedserver.runtime.services import Services
from storage.queries.kernel import jobs as job_queries
from storage.rows.kernel import JobRow

log = structlog.stdlib.get_logger("fedserver.jobs")
# Renewed for as long as the work goes on; after a crash another process takes the job when it runs out.
LEASE_MS = 60_000


class MediaWorker:
    """Does the jobs of the queue for long work."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self) -> int:
        """Do one job that is due; return how many that was."""
        async with self._services.db.write() as tx:
            leased = await job_queries.lease(
                tx, until=tx.now + LEASE_MS, limit=1, kinds=KINDS_BY_QUEUE[MEDIA]
            )
        for row in leased:
            await self._process(row)
        return len(leased)

    async def _process(self, row: JobRow) -> None:
        try:
            job = jobs.decode(row.payload)
        except msgspec.DecodeError as error:
            log.warning("task_given_up", kind=row.kind, id=row.id, reason=str(error))
            async with self._services.db.write() as tx:
                await job_queries.dead_letter(tx, row.id, f"not understood: {error}")
            return
        await HANDLERS[type(job)].run(self._services, job, JobLease(self._services.db, row, LEASE_MS))

    async def next_due(self) -> int | None:
        """Return when the next job is due or free again (ms UTC), None if there is none."""
        async with self._services.db.read() as tx:
            return await job_queries.find_next_due(tx, kinds=KINDS_BY_QUEUE[MEDIA], waits_for_leases=True)
