"""Films and sound to be made fit to be shown, and archives: one at a time, beside all other work."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from fedserver.domain.content import media
from fedserver.domain.kernel import jobs
from fedserver.domain.portability import archives
from fedserver.federation.archives import create_archive
from fedserver.media.errors import UnacceptableFileError
from fedserver.runtime import media_intake
from fedserver.runtime.services import Services
from storage.queries.kernel import jobs as job_queries
from storage.rows.kernel import JobRow

log = structlog.stdlib.get_logger("fedserver.jobs")
# Kept for as long as the work goes on; after a crash another process takes it up when it runs out.
QUEUE = job_queries.MEDIA
LEASE_MS = 60_000
RENEW_INTERVAL_S = 20.0
MAX_ATTEMPTS = 3
R = TypeVar("R")


class MediaWorker:
    """Processes what was uploaded, and makes archives."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self) -> int:
        """Do one that is due; how many that was."""
        async with self._services.db.write() as tx:
            leased = await job_queries.lease(tx, until=tx.now + LEASE_MS, limit=1, queue=job_queries.MEDIA)
        for row in leased:
            await self._process(row)
        return len(leased)

    async def _process(self, row: JobRow) -> None:
        services = self._services
        task = jobs.decode(row.payload)
        if isinstance(task, jobs.MakeArchive):
            await self._create_archive(row, task.archive_id)
            return
        assert isinstance(task, jobs.ProcessMedia)
        async with services.db.read() as tx:
            file = await media.find_processing(tx, task.media_id)
        if file is None:
            await self._record_result(row, task.media_id, None, "")
        elif row.attempts > MAX_ATTEMPTS:
            await self._record_result(row, task.media_id, None, "The file is too complicated")
        else:
            made, problem = await self._convert(row, file.file_key)
            await self._record_result(row, task.media_id, made, problem)

    async def _convert(self, row: JobRow, key: str) -> tuple[media.NewFile | None, str]:
        """What was made, or why nothing was."""
        try:
            return await self._while_leased(row, media_intake.process(self._services, key)), ""
        except UnacceptableFileError as error:
            return None, error.text

    async def _while_leased(self, row: JobRow, doing: Coroutine[Any, Any, R]) -> R:
        """Do something that may take long, and keep the task for as long as it takes."""
        work = asyncio.create_task(doing)
        try:
            while not (await asyncio.wait([work], timeout=RENEW_INTERVAL_S))[0]:
                async with self._services.db.write() as tx:
                    await job_queries.renew(tx, row.id, tx.now + LEASE_MS)
            return await work
        finally:
            work.cancel()

    async def _create_archive(self, row: JobRow, archive_id: int) -> None:
        """An archive; after some attempts its member is told that there is none."""
        services = self._services
        if row.attempts <= MAX_ATTEMPTS:
            making = create_archive(services.db, services.site, services.store, archive_id)
            await self._while_leased(row, making)
        async with services.db.write() as tx:
            if row.attempts > MAX_ATTEMPTS:
                await archives.finish(tx, archive_id, "", 0)
            await job_queries.finish(tx, [row.id])

    async def _record_result(
        self, row: JobRow, media_id: int, made: media.NewFile | None, problem: str
    ) -> None:
        services = self._services
        async with media_intake.discard_on_error(services, made), services.db.write() as tx:
            file = await media.find_processing(tx, media_id)
            if file is not None and made is not None:
                await media.finish_processing(tx, file, made)
            elif file is not None:
                log.info("media_refused", id=media_id, reason=problem)
                await media.mark_failed(tx, file, problem)
            elif made is not None:
                # Its member removed it meanwhile.
                await jobs.enqueue(tx, jobs.RemoveFiles(made.keys))
            await job_queries.finish(tx, [row.id])

    async def next_due(self) -> int | None:
        """When there is something to do next."""
        async with self._services.db.read() as tx:
            return await job_queries.find_next_due(tx, queue=QUEUE)
