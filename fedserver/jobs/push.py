"""The worker of push messages: encrypted for each client and handed to its push service.

A service that says the client is gone (404, 410) ends the subscription; one that is busy is asked again, as
long as the news is recent. Services may be slow, so messages have a queue of their own and are sent side by
side.
"""

from __future__ import annotations

import asyncio
import random

import msgspec
import structlog

from fedserver.domain.kernel import jobs
from fedserver.domain.notifications import push_keys, push_messages
from fedserver.integrations.web_push import Vapid
from fedserver.jobs.backoff import retry_delay_ms
from fedserver.jobs.push_messages import PushOutcome
from fedserver.jobs.registry import HANDLERS, KINDS_BY_QUEUE, PUSH
from fedserver.net.errors import NetError, RequestRefusedError
from fedserver.runtime.services import Services
from storage.queries.kernel import jobs as job_queries
from storage.rows.kernel import JobRow

log = structlog.stdlib.get_logger("fedserver.jobs")
BATCH_SIZE = 100
LEASE_MS = 120_000  # longer than a batch of slow services takes
MAX_CONCURRENCY = 20
MAX_ATTEMPTS = 8  # about an hour and a half


class PushWorker:
    """Sends push messages."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._vapid: tuple[str, Vapid] | None = None

    async def run(self) -> int:
        """Send what is due, at most a batch; return how many were tried."""
        async with self._services.db.write() as tx:
            leased = await job_queries.lease(
                tx, until=tx.now + LEASE_MS, limit=BATCH_SIZE, kinds=KINDS_BY_QUEUE[PUSH]
            )
        if not leased:
            return 0
        vapid = await self._load_vapid()
        slots = asyncio.Semaphore(MAX_CONCURRENCY)

        async def attempt(row: JobRow) -> PushOutcome:
            async with slots:
                return await self._attempt(row, vapid)

        outcomes = await asyncio.gather(*(attempt(row) for row in leased))
        await self._record_outcomes(list(zip(leased, outcomes, strict=True)))
        return len(leased)

    async def _load_vapid(self) -> Vapid:
        """Return the key that signs for this node (RFC 8292), read from the database once a contact."""
        config = self._services.site.config
        # Where a push service may complain, RFC 8292 §2.1.
        contact = config.community.contact_email
        subject = f"mailto:{contact}" if contact else config.node.base_url
        if self._vapid is None or self._vapid[0] != subject:
            async with self._services.db.read() as tx:
                self._vapid = subject, Vapid(await push_keys.get_private_key(tx), subject)
        return self._vapid[1]

    async def _attempt(self, row: JobRow, vapid: Vapid) -> PushOutcome:
        try:
            job = jobs.decode(row.payload)
        except msgspec.DecodeError as error:
            return PushOutcome("unreadable", f"not understood: {error}")
        try:
            outcome: PushOutcome = await HANDLERS[type(job)].run(self._services, job, vapid)
        except RequestRefusedError as error:
            return PushOutcome("drop", str(error))
        except NetError as error:
            return PushOutcome("again", str(error))
        except Exception as error:
            # Whatever goes wrong with one message must not stop the others.
            log.exception("push_failed", id=row.id)
            return PushOutcome("again", type(error).__name__)
        return outcome

    async def _record_outcomes(self, results: list[tuple[JobRow, PushOutcome]]) -> None:
        async with self._services.db.write() as tx:
            finished = []
            for row, outcome in results:
                if outcome.status == "unreadable":
                    log.warning("task_given_up", kind=row.kind, id=row.id, reason=outcome.reason)
                    await job_queries.dead_letter(tx, row.id, outcome.reason)
                    continue
                if outcome.status == "again" and row.attempts < MAX_ATTEMPTS:
                    wait = max(outcome.wait_ms, retry_delay_ms(row.attempts, random.random()))
                    await job_queries.retry(tx, row.id, tx.now + wait, outcome.reason)
                    continue
                finished.append(row.id)
                if outcome.status == "gone":
                    job = msgspec.json.decode(row.payload, type=jobs.SendPush)
                    await push_messages.remove_subscription(tx, job.subscription_id)
                if outcome.status != "done":
                    log.info("push_ended", how=outcome.status, reason=outcome.reason)
            await job_queries.finish(tx, finished)

    async def next_due(self) -> int | None:
        """Return when the next message is due (ms UTC), None if there is none."""
        async with self._services.db.read() as tx:
            return await job_queries.find_next_due(tx, kinds=KINDS_BY_QUEUE[PUSH])
