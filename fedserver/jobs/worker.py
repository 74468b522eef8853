"""The worker of most jobs: it leases them, looks their handler up, and finishes, retries or gives them up.

Jobs that wait for other servers are done several at once, by a worker of their own, as slots become free.
"""

from __future__ import annotations

import random
from functools import partial

import msgspec
import structlog

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.errors import RetryLaterError
from fedserver.integrations.smtp import MailError
from fedserver.jobs.backoff import MAX_ATTEMPTS, retry_delay_ms
from fedserver.jobs.lease import JobLease
from fedserver.jobs.pool import Pool, Slot
from fedserver.jobs.registry import DEFAULT, HANDLERS, KINDS_BY_QUEUE, REMOTE
from fedserver.runtime.services import Services
from storage.queries.kernel import jobs as job_queries
from storage.rows.kernel import JobRow

log = structlog.stdlib.get_logger("fedserver.jobs")
BATCH_SIZE, MAX_CONCURRENCY = 50, 8
LEASE_MS = 120_000
MAX_DURATION_S = 3_600.0  # a job that lasts longer hangs, and is tried again


class JobWorker:
    """Does the jobs of the default queue, or of the one for requests to other servers."""

    def __init__(self, services: Services, *, remote: bool = False) -> None:
        self._services = services
        self._is_remote = remote
        self._kinds = KINDS_BY_QUEUE[REMOTE if remote else DEFAULT]
        self._pool = Pool(MAX_CONCURRENCY, 0, slow_after_s=MAX_DURATION_S)
        self.wake = self._pool.wake
        self._in_progress: set[int] = set()

    async def run(self) -> int:
        """Do a batch of what is due, or begin what there are slots for; return how many."""
        services = self._services
        room = self._pool.free_slots(False) if self._is_remote else BATCH_SIZE
        if not room:
            return 0
        async with services.db.write() as tx:
            leased = await job_queries.lease(tx, until=tx.now + LEASE_MS, limit=room, kinds=self._kinds)
        for row in leased:
            if self._is_remote:
                self._in_progress.add(row.id)
                self._pool.start("", False, partial(self._run_in_slot, row))
            else:
                await self._process(row)
        return len(leased)

    async def _run_in_slot(self, row: JobRow, slot: Slot) -> None:
        await self._process(row)
        self._in_progress.discard(row.id)

    async def finish(self) -> int:
        """Wait for the jobs that were begun; 0 as `run` has counted them."""
        await self._pool.finish()
        return 0

    async def stop(self, seconds: float) -> None:
        """Let jobs end within this time and release the others for the next process."""
        await self._pool.finish(seconds)
        if self._in_progress:
            async with self._services.db.write() as tx:
                await job_queries.release(tx, list(self._in_progress))

    async def _process(self, row: JobRow) -> None:
        try:
            job = jobs.decode(row.payload)
        except msgspec.DecodeError as error:
            await self._record_failure(row, f"not understood: {error}", give_up=True)
            return
        try:
            await self._handle(row, job)
        except MailError as error:
            # Said at once: until the job is given up, days later, nobody would learn that mail fails.
            self._services.metrics.mails.labels("failed").inc()
            log.warning("mail_failed", kind=row.kind, id=row.id, attempt=row.attempts, reason=str(error))
            await self._record_failure(row, str(error))
        except RetryLaterError as error:
            await self._record_failure(row, str(error))
        except Exception as error:
            # Whatever goes wrong with one job must not stop the others; it is tried again.
            log.exception("task_failed", kind=row.kind, id=row.id)
            await self._record_failure(row, f"{type(error).__name__}: {error}")

    async def _handle(self, row: JobRow, job: jobs.Job) -> None:
        services, handler = self._services, HANDLERS[type(job)]
        lease = JobLease(services.db, row, LEASE_MS)
        if handler.is_transactional:
            await handler.run(services, job, lease)
            return
        await handler.run(services, job)
        async with services.db.write() as tx:
            await lease.finish(tx)

    async def _record_failure(self, row: JobRow, reason: str, *, give_up: bool = False) -> None:
        async with self._services.db.write() as tx:
            if give_up or row.attempts >= MAX_ATTEMPTS:
                log.warning("task_given_up", kind=row.kind, id=row.id, reason=reason)
                await job_queries.dead_letter(tx, row.id, reason)
            else:
                await job_queries.retry(
                    tx, row.id, tx.now + retry_delay_ms(row.attempts, random.random()), reason
                )

    async def next_due(self) -> int | None:
        """Return when the next job is due (ms UTC); None if there is none, or no slot for it."""
        if self._is_remote and not self._pool.free_slots(False):
            return None
        async with self._services.db.read() as tx:
            return await job_queries.find_next_due(tx, kinds=self._kinds, waits_for_leases=self._is_remote)
