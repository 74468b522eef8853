"""Activities that came in: what they need is fetched first, then each is carried out in a transaction."""

from __future__ import annotations

import random

import structlog

from activitypub import Activity, ActivityPubError, parse, read_activity
from fedserver import domain
from fedserver.federation.incoming.item import Dropped, Item
from fedserver.federation.incoming.registry import VERBS, handle, prepare
from fedserver.http import Services
from fedserver.workers.backoff import delay
from storage import InboxItemRow, queries

log = structlog.stdlib.get_logger("fedserver.workers")
BATCH = 50
LEASE_MS = 120_000
MOST_ATTEMPTS = 8


class ReceiveWorker:
    """Carries out what peers say."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self) -> int:
        """Do what is due, at most a batch; how many."""
        async with self._services.db.write() as tx:
            leased = await queries.inbox.lease(tx, until=tx.now + LEASE_MS, limit=BATCH)
        for row in leased:
            await self._do(row)
        return len(leased)

    async def _do(self, row: InboxItemRow) -> None:
        counted, kind = self._services.metrics.activities, "other"
        try:
            activity = read_activity(parse(row.body))
            kind = activity.kind if activity.kind in VERBS else kind
            item = await self._prepared(row, activity)
            async with self._services.db.write() as tx:
                await handle(tx, item)
                await queries.inbox.finish(tx, [row.id])
            counted[kind, "done"] += 1
        except (Dropped, ActivityPubError, domain.DomainError) as error:
            log.info("activity_dropped", activity=row.activity_uri[:300], reason=str(error)[:300])
            async with self._services.db.write() as tx:
                await queries.inbox.finish(tx, [row.id])
            counted[kind, "dropped"] += 1
        except Exception as error:
            # One activity must not stop the others; it is tried again, then kept aside.
            log.exception("activity_failed", activity=row.activity_uri[:300])
            await self._failed(row, f"{type(error).__name__}: {error}")
            counted[kind, "failed"] += 1

    async def _prepared(self, row: InboxItemRow, activity: Activity) -> Item:
        async with self._services.db.read() as tx:
            actor = await domain.accounts.by_uri(tx, row.actor_uri)
        if actor is None:
            actor = await self._services.resolver.actor(row.actor_uri)
        if actor is None or actor.suspended_at is not None:
            raise Dropped("its actor is not known any more")
        item = Item(site=self._services.site, activity=activity, actor=actor)
        return await prepare(self._services.resolver, item)

    async def _failed(self, row: InboxItemRow, reason: str) -> None:
        async with self._services.db.write() as tx:
            if row.attempts >= MOST_ATTEMPTS:
                await queries.inbox.bury(tx, row.id, reason)
            else:
                await queries.inbox.retry(tx, row.id, tx.now + delay(row.attempts, random.random()), reason)

    async def next_due(self) -> int | None:
        """When there is something to do next."""
        async with self._services.db.read() as tx:
            return await queries.inbox.next_due(tx)
