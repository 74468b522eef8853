"""Activities that came in: what they need is fetched first, then each is carried out in a transaction.

Likes that follow each other share one: their order does not matter, and they are what comes most.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
import structlog
from msgspec import Struct

from activitypub.activities import Activity, read_activity, split_objects
from activitypub.document import parse
from activitypub.errors import ActivityPubError
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.errors import DomainError
from fedserver.federation.fetch import FetchAttempt, track_unavailable
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.registry import HANDLERS, apply, prepare
from fedserver.jobs.backoff import retry_delay_ms
from fedserver.jobs.pool import Pool, Slot
from fedserver.runtime.services import Services
from storage.queries.kernel import inbox as inbox_queries
from storage.rows.kernel import InboxItemRow

log = structlog.stdlib.get_logger("fedserver.jobs")
BATCH_SIZE = 50
FAST_SLOTS, SLOW_SLOTS = 16, 16
MAX_LIKES_PER_BATCH = 10
LEASE_MS = 90_000
MAX_ATTEMPTS = 8
# What a suspended account may still do: take back or correct what is here of it. Privacy does not end with a
# suspension, and nobody is shown anything. Mastodon takes the same.
SUSPENDED_TYPES = frozenset({"Delete", "Reject", "Undo", "Update"})


class _ActivityHead(Struct):
    """As much of an activity as tells whether it is a Like."""

    type: Any = None
    object: Any = None


_decode_head = msgspec.json.Decoder(_ActivityHead).decode


class UnavailableError(Exception):
    """An activity has no effect yet: what it needs cannot be read for the moment. The message says why."""


class InboxWorker:
    """Carries out what peers say: several hosts at once, what one host says in order."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pool = Pool(FAST_SLOTS, SLOW_SLOTS)
        self.wake = self._pool.wake
        self._in_progress: set[int] = set()
        self._finished_count = 0
        self._checked_at = 0

    async def run(self) -> int:
        """Begin what there is room for; 0 if there is no more to begin now."""
        pool = self._pool
        rooms = {slow: pool.free_slots(slow) for slow in (False, True)}
        if rooms[False] <= 0:
            return 0
        busy = list(pool.busy) if rooms[True] > 0 else [*pool.busy, *pool.slow_hosts()]
        async with self._services.db.write() as tx:
            leased = await inbox_queries.lease(
                tx, until=tx.now + LEASE_MS, limit=BATCH_SIZE, excluded_hosts=busy
            )
            self._checked_at = tx.now
            batches: dict[str, list[InboxItemRow]] = {}
            left = []
            for row in leased:
                if row.host not in batches:
                    slow = pool.is_slow(row.host)
                    if rooms[slow] <= 0:
                        left.append(row.id)
                        continue
                    rooms[slow] -= 1
                batches.setdefault(row.host, []).append(row)
            if left:
                await inbox_queries.release(tx, left)
        for host, rows in batches.items():
            self._in_progress.update(row.id for row in rows)
            pool.start(host, pool.is_slow(host), partial(self._process_host_batch, rows))
        return len(leased) if batches and (left or len(leased) == BATCH_SIZE) else 0

    async def _process_host_batch(self, rows: Sequence[InboxItemRow], place: Slot) -> None:
        """Process the activities of one host in order; release those that do not fit into the lease."""
        stop_at = self._services.db.clock() + LEASE_MS // 3
        for group in _group_likes(rows):
            if self._services.db.clock() > stop_at or place.aborted:
                break
            place.reset_timer()
            try:
                if len(group) == 1 or not await self._process_likes_batch(group):
                    for row in group:
                        place.reset_timer()
                        await self._process(row)
                        self._mark_done(row)
            except asyncio.CancelledError:
                if not place.aborted:
                    raise
                for row in group:
                    if row.id in self._in_progress:
                        await self._record_failure(
                            row, "too slow, and its slot was needed for other activities"
                        )
                        self._mark_done(row)
        await self._release([row.id for row in rows])

    def _mark_done(self, row: InboxItemRow) -> None:
        self._in_progress.discard(row.id)
        self._finished_count += 1

    async def _process_likes_batch(self, rows: Sequence[InboxItemRow]) -> bool:
        """Process likes of several posts in one transaction; return False if one fails."""
        try:
            items = [await self._prepare(row, read_activity(parse(row.body))) for row in rows]
            # In the same order for all hosts, so that two transactions do not wait for each other.
            items.sort(key=_get_post_id)
            async with self._services.db.write() as tx:
                for item in items:
                    await apply(tx, item)
                await inbox_queries.finish(tx, [row.id for row in rows])
        except Exception as error:
            log.debug("not_together", reason=str(error)[:300])
            return False
        for row, item in zip(rows, items, strict=True):
            self._services.metrics.activities.labels(item.activity.kind, "done").inc()
            self._mark_done(row)
        return True

    async def _release(self, ids: Iterable[int]) -> None:
        left = self._in_progress.intersection(ids)
        if left:
            async with self._services.db.write() as tx:
                await inbox_queries.release(tx, list(left))
            self._in_progress -= left

    async def finish(self) -> int:
        """Wait for what was begun; return how much was done since the last call."""
        await self._pool.finish()
        ended, self._finished_count = self._finished_count, 0
        return ended

    async def stop(self, seconds: float) -> None:
        """Let activities end within this time and release the others for the next process."""
        await self._pool.finish(seconds)
        await self._release(tuple(self._in_progress))

    async def _process(self, row: InboxItemRow) -> None:
        counted, kind = self._services.metrics.activities, "other"
        try:
            activity = read_activity(parse(row.body))
            kind = activity.kind if activity.kind in HANDLERS else kind
            await self._apply(row, activity)
            counted.labels(kind, "done").inc()
        except (IgnoredError, ActivityPubError, DomainError) as error:
            log.info("activity_dropped", activity=row.activity_uri[:300], reason=str(error)[:300])
            await self._drop(row)
            counted.labels(kind, "dropped").inc()
        except UnavailableError as error:
            log.info("activity_postponed", activity=row.activity_uri[:300], reason=str(error)[:300])
            await self._record_failure(row, str(error))
            counted.labels(kind, "failed").inc()
        except Exception as error:
            # One activity must not stop the others; it is tried again, then kept aside.
            log.exception("activity_failed", activity=row.activity_uri[:300])
            await self._record_failure(row, f"{type(error).__name__}: {error}")
            counted.labels(kind, "failed").inc()

    async def _apply(self, row: InboxItemRow, activity: Activity) -> None:
        """Carry out an activity, of several objects one after another.

        Raises UnavailableError if it has no effect because something cannot be read for the moment.
        """
        *earlier, last = split_objects(activity)
        with track_unavailable(is_retry=row.attempts > 1) as attempt:
            for part in earlier:
                await self._apply_part(row, part, attempt)
            try:
                item = await self._prepare(row, last)
                async with self._services.db.write() as tx:
                    await apply(tx, item)
                    await inbox_queries.finish(tx, [row.id])
            except (IgnoredError, ActivityPubError, DomainError) as error:
                _check_available(attempt, error)
                raise

    async def _apply_part(self, row: InboxItemRow, part: Activity, attempt: FetchAttempt) -> None:
        """Carry out what an activity does to one of its objects, which does not depend on the others."""
        try:
            item = await self._prepare(row, part)
            async with self._services.db.write() as tx:
                await apply(tx, item)
        except (IgnoredError, ActivityPubError, DomainError) as error:
            _check_available(attempt, error)
            log.info("activity_dropped", activity=row.activity_uri[:300], reason=str(error)[:300])

    async def _drop(self, row: InboxItemRow) -> None:
        """Finish an activity that has no effect; what it undoes may itself still wait to be tried again."""
        undone = _find_undone_uri(row)
        async with self._services.db.write() as tx:
            await inbox_queries.finish(tx, [row.id])
            if undone:
                await inbox_queries.withdraw(tx, row, undone)

    async def _prepare(self, row: InboxItemRow, activity: Activity) -> InboundActivity:
        async with self._services.db.read() as tx:
            actor = await accounts.find_by_uri(tx, row.actor_uri)
        if actor is None:
            actor = await self._services.resolver.fetch_actor(row.actor_uri)
        if actor is None:
            raise IgnoredError("its actor is not known any more")
        # guard: suspended actors
        if actor.suspended_at is not None and activity.kind not in SUSPENDED_TYPES:
            raise IgnoredError("its actor is suspended")
        item = InboundActivity(
            site=self._services.site,
            activity=activity,
            actor=actor,
            received_at=row.received_at,
            target_id=row.target_id,
        )
        return await prepare(self._services.resolver, item)

    async def _record_failure(self, row: InboxItemRow, reason: str) -> None:
        async with self._services.db.write() as tx:
            if row.attempts >= MAX_ATTEMPTS:
                await inbox_queries.dead_letter(tx, row.id, reason)
            else:
                await inbox_queries.retry(
                    tx, row.id, tx.now + retry_delay_ms(row.attempts, random.random()), reason
                )

    async def next_due(self) -> int | None:
        """Return when the next activity is due (ms UTC) that was not due at the last look.

        A free slot wakes the worker anyway.
        """
        async with self._services.db.read() as tx:
            return await inbox_queries.find_next_due(tx, after=self._checked_at)


def _check_available(attempt: FetchAttempt, error: Exception) -> None:
    """Raise UnavailableError if an activity may have failed because an address was not available."""
    if attempt.unavailable:
        raise UnavailableError(f"{error}; not available: {min(attempt.unavailable)[:200]}") from error


def _find_undone_uri(row: InboxItemRow) -> str:
    """Return the id of the activity that an Undo is about; '' for anything else."""
    try:
        activity = read_activity(parse(row.body))
    except ActivityPubError:
        return ""
    return (activity.object_id or "") if activity.kind == "Undo" else ""


def _get_post_id(item: InboundActivity) -> int:
    if item.post is None:
        raise IgnoredError("the activity is about no post that is stored here")
    return item.post.id


def _group_likes(rows: Sequence[InboxItemRow]) -> Iterator[list[InboxItemRow]]:
    """Yield rows in their order, with consecutive likes of different posts in one group."""
    group: list[InboxItemRow] = []
    liked: set[str] = set()
    for row in rows:
        uri = _find_liked_uri(row)
        if group and (uri is None or uri in liked or len(group) >= MAX_LIKES_PER_BATCH):
            yield group
            group, liked = [], set()
        if uri is None:
            yield [row]
        else:
            group.append(row)
            liked.add(uri)
    if group:
        yield group


def _find_liked_uri(row: InboxItemRow) -> str | None:
    """Return the URI that is liked; None for anything else than a plain Like."""
    try:
        head = _decode_head(row.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return head.object if head.type == "Like" and isinstance(head.object, str) else None
