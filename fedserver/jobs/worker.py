"""Tasks: what the domain owes, done one by one, each finished in the transaction that does it.

Those that wait for strangers are done several at once, by a worker of their own, as places become free.
"""

from __future__ import annotations

import random
from functools import partial

import msgspec
import structlog

from fedserver.domain.auth import security_mails
from fedserver.domain.content import search_index
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RetryLaterError
from fedserver.domain.moderation import moderation
from fedserver.domain.notifications import email_subscriptions, notification_requests
from fedserver.domain.portability import move_transfers
from fedserver.domain.posts import polls, refreshes, scheduled_posts, votes
from fedserver.domain.relationships import mutes
from fedserver.federation.deliver import fan_out, is_outgoing
from fedserver.federation.featured import refresh_featured
from fedserver.federation.imports import continue_import
from fedserver.federation.quotes import verify_quote
from fedserver.federation.synchronization import synchronize_followers
from fedserver.federation.threads import refresh_thread
from fedserver.federation.verified_links import LinkChecker
from fedserver.integrations.smtp import MailError, send_mail
from fedserver.jobs import cards, peer_lists
from fedserver.jobs.backoff import MAX_ATTEMPTS, retry_delay_ms
from fedserver.jobs.pool import Pool, Slot
from fedserver.web.services import Services
from storage.queries.kernel import jobs as job_queries
from storage.queries.posts import posts as post_queries
from storage.rows.kernel import JobRow

log = structlog.stdlib.get_logger("fedserver.jobs")
BATCH_SIZE, MAX_CONCURRENCY = 50, 8
LEASE_MS = 120_000
MAX_DURATION_S = 3_600.0  # seconds; what lasts longer hangs, and is tried again
LOCAL_JOBS = (
    jobs.ClosePoll,
    jobs.BroadcastPoll,
    jobs.PublishScheduled,
    jobs.MergeNotifications,
    jobs.EnqueuePostMails,
    jobs.TransferRelationships,
)


class JobWorker:
    """Does tasks: the slow ones, for which strangers are asked, or all that have no queue of their own."""

    def __init__(self, services: Services, *, remote: bool = False) -> None:
        self._services = services
        self._link_checker = LinkChecker(
            services.db, services.site, services.client, services.policies, services.db.clock
        )
        self._queue = job_queries.REMOTE if remote else job_queries.DEFAULT
        self._pool = Pool(MAX_CONCURRENCY, 0, slow_after_s=MAX_DURATION_S)
        self.wake = self._pool.wake
        self._in_progress: set[int] = set()

    async def run(self) -> int:
        """Do what is due, at most a batch, or begin what there is room for; how many."""
        services = self._services
        room = self._pool.free_slots(False) if self._queue else BATCH_SIZE
        if not room:
            return 0
        async with services.db.write() as tx:
            leased = await job_queries.lease(tx, until=tx.now + LEASE_MS, limit=room, queue=self._queue)
        for row in leased:
            if self._queue:
                self._in_progress.add(row.id)
                self._pool.start("", False, partial(self._run_in_slot, row))
            else:
                await self._process(row)
        return len(leased)

    async def _run_in_slot(self, row: JobRow, place: Slot) -> None:
        await self._process(row)
        self._in_progress.discard(row.id)

    async def finish(self) -> int:
        """Wait for what was begun; `run` has counted it."""
        await self._pool.finish()
        return 0

    async def stop(self, seconds: float) -> None:
        """Let end what ends in time; the rest is free for whoever comes next."""
        await self._pool.finish(seconds)
        if self._in_progress:
            async with self._services.db.write() as tx:
                await job_queries.release(tx, list(self._in_progress))

    async def _process(self, row: JobRow) -> None:
        try:
            task = jobs.decode(row.payload)
            if is_outgoing(task):
                await self._fan_out(row, task)
            elif isinstance(task, LOCAL_JOBS):
                await self._run_local(row, task)
            else:
                await self._run_remote(task)
                async with self._services.db.write() as tx:
                    await job_queries.finish(tx, [row.id])
        except msgspec.ValidationError as error:
            await self._record_failure(row, f"not understood: {error}", give_up=True)
        except (MailError, RetryLaterError) as error:
            await self._record_failure(row, str(error))
        except Exception as error:
            # Whatever goes wrong with one task must not stop the others; it is tried again.
            log.exception("task_failed", kind=row.kind, id=row.id)
            await self._record_failure(row, f"{type(error).__name__}: {error}")

    async def _fan_out(self, row: JobRow, task: jobs.Job) -> None:
        services = self._services
        async with services.db.write() as tx:
            if await fan_out(tx, services.site, services.keyring, services.policies, task):
                tx.emit("deliveries.due")
            await job_queries.finish(tx, [row.id])

    async def _run_local(self, row: JobRow, task: jobs.Job) -> None:
        """What is done in our own tables only, in one transaction with the end of the task."""
        services = self._services
        if isinstance(task, jobs.ClosePoll):
            await services.resolver.refetch_post(task.post_id)
        try:
            async with services.db.write() as tx:
                match task:
                    case jobs.ClosePoll(post_id=post_id):
                        await polls.close(tx, post_id)
                    case jobs.BroadcastPoll(post_id=post_id):
                        await votes.broadcast(tx, post_id)
                    case jobs.MergeNotifications(account_id=account_id, from_id=from_id):
                        await notification_requests.merge(tx, account_id, from_id)
                    case jobs.TransferRelationships():
                        await move_transfers.transfer_relationships(tx, services.site, task)
                    case jobs.EnqueuePostMails():
                        await email_subscriptions.enqueue_subscriber_mails(tx, services.site, task)
                    case jobs.PublishScheduled(scheduled_id=scheduled_id):
                        await scheduled_posts.publish(tx, services.site, scheduled_id)
                await job_queries.finish(tx, [row.id])
        except (InvalidError, NotFoundError, ForbiddenError) as error:
            if not isinstance(task, jobs.PublishScheduled):
                raise
            log.warning("scheduled_post_failed", id=task.scheduled_id, reason=error.text)
            async with services.db.write() as tx:
                await scheduled_posts.mark_failed(tx, task.scheduled_id, error.text)
                await job_queries.finish(tx, [row.id])

    async def _run_remote(self, task: jobs.Job) -> None:
        services = self._services
        match task:
            case jobs.FetchParent(uri=uri, depth=depth):
                await services.resolver.resolve_post(uri, depth=depth)
            case jobs.RefreshAccount(uri=uri):
                await services.resolver.fetch_actor(uri)
            case jobs.RefreshPoll(post_id=post_id):
                await services.resolver.refetch_post(post_id)
            case jobs.VerifyLinks(account_id=account_id):
                await self._link_checker.check(account_id)
            case jobs.EndMute(account_id=account_id, target_id=target_id):
                async with services.db.write() as tx:
                    await mutes.expire(tx, account_id, target_id)
            case jobs.VerifyQuote():
                await verify_quote(services.db, services.resolver, task)
            case jobs.FetchCard():
                await cards.fetch(services, task)
            case jobs.ContinueImport():
                await continue_import(services.db, services.site, services.resolver, task)
            case jobs.FetchPeerList():
                await peer_lists.fetch(services, task)
            case jobs.FetchFeatured(account_id=account_id):
                await refresh_featured(services.db, services.resolver, account_id)
            case jobs.SynchronizeFollowers():
                await synchronize_followers(services.db, services.site, services.resolver, task)
            case jobs.RefreshThread():
                await self._refresh_thread(task)
            case jobs.SendMail():
                await self._send_mail(task)
            case jobs.SendPostMail():
                async with services.db.read() as tx:
                    letter = await email_subscriptions.render_mail(tx, services.site, task)
                if letter is not None:
                    await self._send_mail(letter)
            case jobs.SendSecurityNotice():
                site = services.site
                title, base = site.config.community.title, site.links.base
                await self._send_mail(security_mails.render_mail(title, base, task))
            case jobs.IndexPosts():
                async with services.db.write() as tx:
                    await search_index.index_batch(tx, task)
            case jobs.ExpireModerationAction(act_id=act_id, account_id=account_id):
                async with services.db.write() as tx:
                    await moderation.expire(tx, act_id, account_id)
            case jobs.RemoveFiles(keys=keys):
                await services.store.remove(keys)

    async def _send_mail(self, mail: jobs.SendMail) -> None:
        config = self._services.site.config.mail
        await send_mail(config, mail.to, mail.subject, mail.text, mail.unsubscribe)

    async def _refresh_thread(self, task: jobs.RefreshThread) -> None:
        services = self._services

        async def report(found: int, *, finished: bool = False) -> None:
            async with services.db.write() as tx:
                await refreshes.update_progress(tx, task.refresh_id, found, is_finished=finished)

        async with services.db.read() as tx:
            row = await post_queries.find(tx, task.post_id)
        found = await refresh_thread(services.resolver, row.uri, report) if row is not None else 0
        await report(found, finished=True)

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
        """When there is something to do next, if there is room for it."""
        if self._queue and not self._pool.free_slots(False):
            return None
        async with self._services.db.read() as tx:
            return await job_queries.find_next_due(tx, queue=self._queue)
