"""The runner of all workers of a process: woken by events after commits, and by the clock.

Every kind of work has a loop of its own, and requests to peers have slots in a pool, so that a slow peer
delays neither what was received nor deliveries to others. `settle` is for tests: it does everything that is
due now, and returns.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Protocol

import structlog

from fedserver.domain.kernel import events, jobs
from fedserver.jobs.cleanup import CleanupWorker
from fedserver.jobs.deliveries import DeliveryWorker
from fedserver.jobs.inbox import InboxWorker
from fedserver.jobs.media import MediaWorker
from fedserver.jobs.peers import PeerPolicyWorker, SettingsWorker
from fedserver.jobs.push import PushWorker
from fedserver.jobs.trends import TrendWorker
from fedserver.jobs.worker import JobWorker
from fedserver.runtime.services import Services
from storage.engine import Event
from storage.errors import DatabaseUnavailableError
from storage.queries.kernel import queues as queue_queries
from storage.rows.kernel import QueueRow

log = structlog.stdlib.get_logger("fedserver.jobs")
MAX_SLEEP_S = 5.0
# Which workers an event wakes; the others need not query the database for it.
WORKERS_BY_EVENT: dict[str, tuple[type, ...]] = {
    events.JOBS_DUE: (JobWorker, PushWorker, MediaWorker),
    "deliveries.due": (DeliveryWorker,),
    "inbox.due": (InboxWorker,),
}


class Worker(Protocol):
    """A worker: it does what is due, and knows when there is more."""

    async def run(self) -> int: ...

    async def next_due(self) -> int | None: ...


class Runner:
    """All workers of a process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        inbox, remote = InboxWorker(services), JobWorker(services, remote=True)
        deliveries = DeliveryWorker(services)
        # They go on with what they began after `run` ended, and wake their own loops.
        self._pooled = (inbox, remote, deliveries)
        self._workers: tuple[Worker, ...] = (
            inbox,
            JobWorker(services),
            PushWorker(services),
            remote,
            deliveries,
            MediaWorker(services),
            CleanupWorker(services),
            TrendWorker(services),
            PeerPolicyWorker(services),
            SettingsWorker(services),
        )
        wakes = {id(worker): worker.wake for worker in self._pooled}
        self._wake_events = [wakes.get(id(worker)) or asyncio.Event() for worker in self._workers]
        self._loops: list[asyncio.Task[None]] = []
        self._stopping = False
        self._stop_listening = services.db.listen(self._on_event)

    def _on_event(self, event: Event) -> None:
        woken = WORKERS_BY_EVENT.get(event.kind, ())
        for worker, wake in zip(self._workers, self._wake_events, strict=True):
            if isinstance(worker, woken):
                wake.set()

    def start(self, *, only_watch: bool = False) -> None:
        """Start working in the background, or only watching for decisions of other processes."""
        freed = asyncio.create_task(self._release_stale_leases(only_watch))
        self._loops = [
            asyncio.create_task(self._run_worker(worker, wake, freed), name=type(worker).__name__)
            for worker, wake in zip(self._workers, self._wake_events, strict=True)
            if isinstance(worker, PeerPolicyWorker | SettingsWorker) or not only_watch
        ]

    async def _release_stale_leases(self, only_watch: bool) -> None:
        """Release what a killed process had begun; on SQLite, where only one process works."""
        if only_watch or not self._services.site.config.database.url.startswith("sqlite:"):
            return
        try:
            async with self._services.db.write() as tx:
                left = await queue_queries.release_all(tx)
        except DatabaseUnavailableError as error:
            log.warning("database_unavailable", reason=str(error))
        else:
            if left:
                log.info("work_resumed", left=left)

    async def _run_worker(self, worker: Worker, wake: asyncio.Event, freed: asyncio.Task[None]) -> None:
        await freed
        while not self._stopping:
            wake.clear()
            try:
                done = await worker.run()
                due = await worker.next_due() if not done else 0
            except DatabaseUnavailableError as error:
                log.warning("database_unavailable", reason=str(error))
                done, due = 0, None
            except Exception:
                # A worker that ends would leave everything of its kind undone until the next start.
                log.exception("worker_failed", worker=type(worker).__name__)
                done, due = 0, None
            if done or self._stopping:
                continue
            wait = MAX_SLEEP_S
            if due is not None:
                wait = min(wait, max(0.05, (due - self._services.db.clock()) / 1000))
            try:
                await asyncio.wait_for(wake.wait(), wait)
            except TimeoutError:
                continue

    async def count_backlog(self) -> int:
        """Return how much waits to be done, due or not."""
        async with self._services.db.read() as tx:
            return await queue_queries.count_pending(tx)

    async def load_depths(self) -> dict[str, QueueRow]:
        """Return how full each queue is, by its name."""
        async with self._services.db.read() as tx:
            return await queue_queries.load_depths(tx, jobs.KINDS)

    async def settle(self) -> int:
        """Do all that is due, until nothing is; return how much was done."""
        total = 0
        while True:
            done = [await worker.run() for worker in self._workers]
            done += [await worker.finish() for worker in self._pooled]
            if not any(done):
                return total
            total += sum(done)

    async def stop(self, seconds: float = 20.0) -> None:
        """Finish what was begun within this time and end; the rest is done after the next start."""
        self._stopping = True
        self._stop_listening()
        for wake in self._wake_events:
            wake.set()
        if not self._loops:
            return
        begun = monotonic()
        _, late = await asyncio.wait(self._loops, timeout=seconds)
        for loop in late:
            loop.cancel()
        left = max(0.1, seconds - (monotonic() - begun))
        ends = await asyncio.gather(*(worker.stop(left) for worker in self._pooled), return_exceptions=True)
        for error in ends:
            if error is not None:
                log.warning("work_left", reason=str(error))
