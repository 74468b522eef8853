"""Push messages: encrypted for each client and handed to its push service.

A service that says the client is gone (404, 410) ends the subscription; one that is busy is asked again, as
long as the news is new. Services may be slow, so messages have a loop of their own and go out side by side.
"""

from __future__ import annotations

import asyncio
import random

import msgspec
import structlog
from msgspec import Struct

from fedserver.domain.kernel import jobs
from fedserver.domain.notifications import push_keys, push_messages, push_subscriptions
from fedserver.integrations.web_push import Vapid, build_push_message, parse_recipient
from fedserver.jobs.backoff import parse_retry_after, retry_delay_ms
from fedserver.net.client import Response
from fedserver.net.errors import NetError, RequestRefusedError
from fedserver.runtime.services import Services
from storage.queries.kernel import jobs as job_queries
from storage.rows.kernel import JobRow

log = structlog.stdlib.get_logger("fedserver.jobs")
BATCH_SIZE = 100
QUEUE = job_queries.PUSH
LEASE_MS = 120_000
MAX_CONCURRENCY = 20
TIMEOUT_S = 10.0
MAX_ATTEMPTS = 8  # about an hour and a half
GONE_STATUSES = (404, 410)
RETRY_STATUSES = (408, 425, 429, 500, 502, 503, 504)
encode = msgspec.json.Encoder().encode


class PushPayload(Struct, frozen=True):
    """What apps of Mastodon expect in a message; they read the id as a number."""

    access_token: str
    preferred_locale: str
    notification_id: int
    notification_type: str
    icon: str
    title: str
    body: str


class PushOutcome(Struct, frozen=True):
    """How a message ended: done, gone (the client is), dropped, or again after at least `wait_ms`."""

    status: str
    reason: str = ""
    wait_ms: int = 0


class PushWorker:
    """Sends push messages."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._vapid: Vapid | None = None

    async def run(self) -> int:
        """Send what is due, at most a batch; how many were tried."""
        async with self._services.db.write() as tx:
            leased = await job_queries.lease(
                tx, until=tx.now + LEASE_MS, limit=BATCH_SIZE, queue=job_queries.PUSH
            )
        if not leased:
            return 0
        turn = asyncio.Semaphore(MAX_CONCURRENCY)

        async def one(row: JobRow) -> PushOutcome:
            async with turn:
                return await self._attempt(row)

        outcomes = await asyncio.gather(*(one(row) for row in leased))
        await self._record_outcomes(list(zip(leased, outcomes, strict=True)))
        return len(leased)

    async def _attempt(self, row: JobRow) -> PushOutcome:
        try:
            task = msgspec.json.decode(row.payload, type=jobs.SendPush)
            return await self._send(task)
        except RequestRefusedError as error:
            return PushOutcome("drop", str(error))
        except NetError as error:
            return PushOutcome("again", str(error))
        except Exception as error:
            # Whatever goes wrong with one message must not stop the others.
            log.exception("push_failed", id=row.id)
            return PushOutcome("again", type(error).__name__)

    async def _send(self, task: jobs.SendPush) -> PushOutcome:
        services = self._services
        async with services.db.read() as tx:
            found = await push_messages.load(tx, task.subscription_id, task.notification_id)
            if found is None:
                return PushOutcome("done")
            if self._vapid is None:
                self._vapid = Vapid(await push_keys.get_private_key(tx), self._vapid_subject())
            now = tx.now
        token = push_subscriptions.decrypt_token(found.subscription, services.secret_box)
        if token is None:
            # Apps look for their subscription when they start, and subscribe anew.
            return PushOutcome("gone", "its token is sealed with another key")
        to = parse_recipient(
            found.subscription.endpoint,
            found.subscription.public_key,
            found.subscription.auth_secret,
            standard=found.subscription.standard,
        )
        body, headers = build_push_message(self._render_payload(found, token), to, self._vapid, now)
        return _classify(await services.client.post(to.endpoint, body, headers, seconds=TIMEOUT_S))

    def _vapid_subject(self) -> str:
        """Where a push service may complain (RFC 8292 §2.1)."""
        config = self._services.site.config
        contact = config.community.contact_email
        return f"mailto:{contact}" if contact else config.node.base_url

    def _render_payload(self, found: push_messages.PushMessage, token: str) -> bytes:
        links, sender = self._services.site.links, found.view.account.account
        remote = links.remote_media(sender.id, "avatar", sender.avatar_url)
        icon = links.media(sender.avatar_key) if sender.avatar_key else remote
        payload = PushPayload(
            access_token=token,
            preferred_locale=found.locale,
            notification_id=found.view.row.id,
            notification_type=found.view.row.kind,
            icon=icon if 0 < len(icon) < 1_000 else links.static("avatar.png"),
            title=found.title,
            body=found.body,
        )
        return encode(payload)

    async def _record_outcomes(self, results: list[tuple[JobRow, PushOutcome]]) -> None:
        async with self._services.db.write() as tx:
            ended = []
            for row, outcome in results:
                if outcome.status == "again" and row.attempts < MAX_ATTEMPTS:
                    wait = max(outcome.wait_ms, retry_delay_ms(row.attempts, random.random()))
                    await job_queries.retry(tx, row.id, tx.now + wait, outcome.reason)
                    continue
                ended.append(row.id)
                if outcome.status == "gone":
                    task = msgspec.json.decode(row.payload, type=jobs.SendPush)
                    await push_messages.remove_subscription(tx, task.subscription_id)
                if outcome.status != "done":
                    log.info("push_ended", how=outcome.status, reason=outcome.reason)
            await job_queries.finish(tx, ended)

    async def next_due(self) -> int | None:
        """When there is something to do next."""
        async with self._services.db.read() as tx:
            return await job_queries.find_next_due(tx, queue=QUEUE)


def _classify(response: Response) -> PushOutcome:
    status = response.status
    if status < 300:
        return PushOutcome("done")
    if status in GONE_STATUSES:
        return PushOutcome("gone", str(status))
    if status in RETRY_STATUSES:
        return PushOutcome("again", str(status), parse_retry_after(response.headers.get("retry-after", "")))
    return PushOutcome("drop", f"{status} {response.body[:200].decode('utf-8', 'replace')}")
