"""The worker of the hour: deletes what is not needed any more, checks the queues, enqueues what recurs."""

from __future__ import annotations

import structlog

from fedserver.domain.accounts import stored_names
from fedserver.domain.content import remote_files
from fedserver.domain.kernel import jobs
from fedserver.domain.peers import peer_lists
from fedserver.domain.portability import archives
from fedserver.domain.registration import signup_expiry
from fedserver.jobs import remote_retention, retention
from fedserver.runtime.services import Services
from storage.engine import ReadTx, first_id_at
from storage.queries.content import media as media_queries
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.kernel import inbox as inbox_queries
from storage.queries.kernel import jobs as job_queries
from storage.queries.metrics import backlog as backlog_queries

log = structlog.stdlib.get_logger("fedserver.jobs")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
INTERVAL_MS = HOUR_MS
ORPHAN_RETENTION_MS = DAY_MS  # an upload that no post used by then
ORPHAN_BATCH_SIZE = 200
SEEN_RETENTION_MS = 14 * DAY_MS  # longer than the window in which a signature counts
DEAD_RETENTION_MS = 30 * DAY_MS


class CleanupWorker:
    """Cleans up once an hour, and when the process starts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._next_run_at = 0
        self._reported_kinds: set[str] = set()

    async def run(self) -> int:
        """Clean up if it is due. Returns 0: no backlog is left to continue with."""
        services = self._services
        now = services.db.clock()
        if now < self._next_run_at:
            return 0
        self._next_run_at = now + INTERVAL_MS
        async with services.db.read() as read_tx:
            # It looks at every tag, which must not keep writers waiting.
            unused_tags = await retention.list_unused_tags(read_tx)
        async with services.db.write() as tx:
            await retention.purge_rows(tx)
            await signup_expiry.purge(tx, services.site)
            await retention.purge_tags(tx, unused_tags)
            await peer_lists.enqueue_due(tx)
            await stored_names.enqueue_check(tx)
            await inbox_queries.purge_expired(tx, tx.now - SEEN_RETENTION_MS)
            await delivery_queries.expire(tx, first_id_at(tx.now - delivery_queries.EXPIRE_AFTER_MS))
            await backlog_queries.purge_expired(tx, tx.now - DEAD_RETENTION_MS)
            await self._report_unknown_jobs(tx)
            orphans = await media_queries.list_orphans(tx, tx.now - ORPHAN_RETENTION_MS, ORPHAN_BATCH_SIZE)
            await media_queries.delete_by_ids(tx, [row.id for row in orphans])
            evicted = await remote_files.evict(tx, services.site.config.media.remote_cache_bytes)
        if deleted := await remote_retention.purge(
            services.db, services.site.config.federation.remote_retention_days
        ):
            log.info("remote_content_deleted", count=deleted)
        keys = tuple(key for row in orphans for key in (row.file_key, row.preview_key))
        await services.store.remove((*keys, *evicted))
        await services.store.purge_temp((now - HOUR_MS) / 1000)
        await services.store.purge_private((now - archives.RETENTION_MS) / 1000)
        return 0

    async def _report_unknown_jobs(self, tx: ReadTx) -> None:
        """Log each kind of job that this version has no handler for, once in the life of the process.

        No worker leases such rows, so they wait for a version that knows them.
        """
        for kind, count, oldest_id in await job_queries.count_unknown(tx, jobs.KINDS):
            if kind not in self._reported_kinds:
                self._reported_kinds.add(kind)
                log.warning(
                    "unknown_job_kind",
                    kind=kind[:100],
                    count=count,
                    oldest_id=oldest_id,
                    table="tasks",
                    hint="kept; start the version of fedserver that wrote them, and it does them",
                )

    async def next_due(self) -> int | None:
        """Return when it is time again (ms UTC)."""
        return self._next_run_at
