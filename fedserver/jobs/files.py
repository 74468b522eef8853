"""Handlers of jobs about files: video and audio that was uploaded, archives, files to remove."""

from __future__ import annotations

import structlog

from fedserver.domain.content import media
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.portability import archives
from fedserver.federation.archives import create_archive
from fedserver.jobs.lease import JobLease
from fedserver.media.errors import UnacceptableFileError, build_too_complex_error
from fedserver.runtime import emoji_intake, media_intake
from fedserver.runtime.services import Services

log = structlog.stdlib.get_logger("fedserver.jobs")
MAX_ATTEMPTS = 3  # a file that kills the process that decodes it is given up after these


async def remove_files(services: Services, job: jobs.RemoveFiles) -> None:
    """Remove files from the store."""
    await services.store.remove(job.keys)


async def copy_emoji(services: Services, job: jobs.CopyEmoji) -> None:
    """Copy a custom emoji of a peer, as the command line asked; the log tells if that is not possible."""
    request = emoji_intake.CopyRequest(job.source, job.source_shortcode, job.shortcode, job.category)
    try:
        await emoji_intake.copy(services, None, request)
    except (InvalidError, NotFoundError) as error:
        log.warning(
            "emoji_not_copied", shortcode=job.shortcode, source=job.source[:300], reason=error.message
        )


async def process_media(services: Services, job: jobs.ProcessMedia, lease: JobLease) -> None:
    """Transcode an uploaded video or audio file."""
    async with services.db.read() as tx:
        file = await media.find_processing(tx, job.media_id)
    converted, problem = None, ""
    if file is not None and lease.attempts > MAX_ATTEMPTS:
        problem = str(build_too_complex_error("file"))
    elif file is not None:
        try:
            converted = await lease.hold(media_intake.process(services, file.file_key))
        except UnacceptableFileError as error:
            problem = str(error)
    await _record_result(services, lease, job.media_id, converted, problem)


async def _record_result(
    services: Services, lease: JobLease, media_id: int, converted: media.NewFile | None, problem: str
) -> None:
    async with media_intake.discard_on_error(services, converted), services.db.write() as tx:
        file = await media.find_processing(tx, media_id)
        if file is not None and converted is not None:
            await media.finish_processing(tx, file, converted)
        elif file is not None:
            log.info("media_refused", id=media_id, reason=problem)
            await media.mark_failed(tx, file, problem)
        elif converted is not None:
            # Its member deleted it meanwhile.
            await jobs.enqueue(tx, jobs.RemoveFiles(converted.keys))
        await lease.finish(tx)


async def make_archive(services: Services, job: jobs.MakeArchive, lease: JobLease) -> None:
    """Make the archive of a member's data; after some attempts the member sees that it failed."""
    if lease.attempts <= MAX_ATTEMPTS:
        await lease.hold(create_archive(services.db, services.site, services.store, job.archive_id))
    async with services.db.write() as tx:
        if lease.attempts > MAX_ATTEMPTS:
            await archives.finish(tx, job.archive_id, "", 0)
        await lease.finish(tx)
