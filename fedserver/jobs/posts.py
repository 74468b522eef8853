"""Handlers of jobs about posts, polls and threads."""

from __future__ import annotations

import structlog

from fedserver.domain.content import search_index
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.posts import polls, post_removal, refreshes, scheduled_posts, votes
from fedserver.federation import quotes, threads
from fedserver.jobs.lease import JobLease
from fedserver.runtime.services import Services
from storage.queries.posts import posts as post_queries

log = structlog.stdlib.get_logger("fedserver.jobs")


async def fetch_parent(services: Services, job: jobs.FetchParent) -> None:
    """Fetch the post that another replies to, and store it."""
    await services.resolver.resolve_post(job.uri, depth=job.depth)


async def refresh_poll(services: Services, job: jobs.RefreshPoll) -> None:
    """Fetch the poll of a peer again, with its votes."""
    await services.resolver.refetch_post(job.post_id)


async def verify_quote(services: Services, job: jobs.VerifyQuote) -> None:
    """Check that the author of a quoted post authorized the quote (FEP-044f)."""
    await quotes.verify_quote(services.db, services.resolver, job)


async def refresh_thread(services: Services, job: jobs.RefreshThread) -> None:
    """Fetch the replies of a thread that are missing here, and record the progress for the member."""

    async def report(reply_count: int, *, finished: bool = False) -> None:
        async with services.db.write() as tx:
            await refreshes.update_progress(tx, job.refresh_id, reply_count, is_finished=finished)

    async with services.db.read() as tx:
        post = await post_queries.find(tx, job.post_id)
    count = await threads.refresh_thread(services.resolver, post.uri, report) if post is not None else 0
    await report(count, finished=True)


async def close_poll(services: Services, job: jobs.ClosePoll, lease: JobLease) -> None:
    """End a poll and notify its voters; the final votes of a poll of a peer are fetched first."""
    await services.resolver.refetch_post(job.post_id)
    async with services.db.write() as tx:
        await polls.close(tx, job.post_id)
        await lease.finish(tx)


async def broadcast_poll(services: Services, job: jobs.BroadcastPoll, lease: JobLease) -> None:
    """Send the current votes of a poll to streams and peers."""
    async with services.db.write() as tx:
        await votes.broadcast(tx, job.post_id)
        await lease.finish(tx)


async def publish_scheduled(services: Services, job: jobs.PublishScheduled, lease: JobLease) -> None:
    """Publish a scheduled post; if it may not be published any more, its author sees why."""
    try:
        async with services.db.write() as tx:
            await scheduled_posts.publish(tx, services.site, job.scheduled_id)
            await lease.finish(tx)
    except (InvalidError, NotFoundError, ForbiddenError) as error:
        log.warning("scheduled_post_failed", id=job.scheduled_id, reason=error.text)
        async with services.db.write() as tx:
            await scheduled_posts.mark_failed(tx, job.scheduled_id, error.text)
            await lease.finish(tx)


async def remove_post(services: Services, job: jobs.RemovePost, lease: JobLease) -> None:
    """Delete a post whose author did not undo that in time."""
    async with services.db.write() as tx:
        await post_removal.delete_scheduled(tx, job)
        await lease.finish(tx)


async def index_posts(services: Services, job: jobs.IndexPosts) -> None:
    """Update the search index of a batch of posts, and enqueue the next."""
    async with services.db.write() as tx:
        await search_index.index_batch(tx, job)
