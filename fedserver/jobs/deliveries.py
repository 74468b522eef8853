"""Deliveries: many hosts at once, few requests a host, in order within a lane.

They begin as slots become free. A host that answers slowly, or not at all, occupies slow slots only, and a
dead host costs one probe for each step of its circuit breaker, not one for each post. Requests are signed
with draft-cavage first; a peer that refuses gets one more with RFC 9421, and the scheme that it accepted is
stored (double-knock).
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from functools import partial

import structlog
from msgspec import Struct

from fedserver.domain.kernel import jobs
from fedserver.federation.fan_out import fan_out
from fedserver.federation.signing import Signer
from fedserver.federation.synchronization import build_synchronization_header
from fedserver.jobs.backoff import MAX_ATTEMPTS, circuit_delay_ms, parse_retry_after, retry_delay_ms
from fedserver.jobs.lease import JobLease
from fedserver.jobs.pool import Pool, Slot
from fedserver.net.client import Response
from fedserver.net.errors import NetError, RequestRefusedError
from fedserver.runtime.services import Services
from storage.engine import ReadTx, Tx, first_id_at
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.kernel import DeliveryRow, DocumentRow
from storage.rows.peers import PeerRow

log = structlog.stdlib.get_logger("fedserver.jobs")
BATCH_SIZE = 100
FAST_SLOTS, SLOW_SLOTS = 100, 60
COALESCE_S = 0.01  # deliveries that end within this time are recorded in one transaction
LEASE_MS = 45_000  # longer than two requests may take; after a crash the deliveries wait for its end
MAX_PER_HOST = 4
SIGNATURE_REFUSED_STATUSES = (400, 401, 403)
RETRY_STATUSES = (408, 425, 429, 500, 502, 503, 504)


async def fan_out_activity(services: Services, job: jobs.Job, lease: JobLease) -> None:
    """Render the activity of a job and write a delivery for each inbox."""
    async with services.db.write() as tx:
        if await fan_out(tx, services.site, services.keyring, services.policies, job):
            tx.emit("deliveries.due")
        await lease.finish(tx)


class DeliveryOutcome(Struct, frozen=True):
    """The outcome of a delivery: `done`, `again` (after at least `wait_ms`) or `drop`."""

    status: str
    reason: str = ""
    wait_ms: int = 0
    scheme: str = ""
    has_answered: bool = False

    @property
    def is_unreachable(self) -> bool:
        return self.status == "again" and not self.has_answered


class PendingDelivery(Struct, frozen=True):
    """A leased delivery with everything that it needs."""

    row: DeliveryRow
    peer: PeerRow
    document: DocumentRow | None
    signer: Signer | None
    is_slow: bool


class DeliveryWorker:
    """A worker that sends activities to inboxes of peers."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pool = Pool(FAST_SLOTS, SLOW_SLOTS, coalesce_s=COALESCE_S)
        self.wake = self._pool.wake
        self._in_progress: dict[int, PendingDelivery] = {}
        self._finished: list[tuple[PendingDelivery, DeliveryOutcome]] = []
        self._host_limits: dict[str, int] = {}  # the greatest number of concurrent requests, by busy host
        self._checked_at = 0

    async def run(self) -> int:
        """Record the outcomes of deliveries and start new ones; return 0 if there is no more to start now."""
        ended = list(self._finished)
        async with self._services.db.write() as tx:
            await self._record_outcomes(tx, ended)
            taken, more = await self._lease(tx)
            self._checked_at = tx.now
        del self._finished[: len(ended)]
        self._count_outcomes(ended)
        for pending in taken:
            self._in_progress[pending.row.id] = pending
            self._pool.start(pending.row.host, pending.is_slow, partial(self._process, pending))
        return len(taken) if more else 0

    def _count_outcomes(self, ended: Sequence[tuple[PendingDelivery, DeliveryOutcome]]) -> None:
        for pending, outcome in ended:
            self._in_progress.pop(pending.row.id, None)
            self._services.metrics.deliveries.labels(
                _metric_label(pending.row, outcome, self._services.db.clock())
            ).inc()

    async def _lease(self, tx: Tx) -> tuple[list[PendingDelivery], bool]:
        """Lease deliveries for the free slots; return them and whether there may be more."""
        pool = self._pool
        free = {slow: pool.free_slots(slow) for slow in (False, True)}
        if free[False] <= 0:
            return [], False
        self._host_limits = {host: limit for host, limit in self._host_limits.items() if pool.busy[host]}
        full = [host for host, limit in self._host_limits.items() if pool.busy[host] >= limit]
        full += [] if free[True] > 0 else pool.slow_hosts()
        limit = min(BATCH_SIZE, sum(free.values()))
        leased = await delivery_queries.lease(
            tx, until=tx.now + LEASE_MS, limit=limit, include_failing=free[True] > 0, excluded_hosts=full
        )
        if not leased:
            return [], False
        known = await self._load_peers(tx, {row.host for row in leased})
        taken, left, busy = [], [], Counter(pool.busy)
        for row in leased:
            failing = known[row.host].failures > 0
            slow = failing or pool.is_slow(row.host)
            host_limit = self._host_limits[row.host] = 1 if failing else MAX_PER_HOST
            if row.id in self._in_progress or free[slow] <= 0 or busy[row.host] >= host_limit:
                left += [] if row.id in self._in_progress else [row.id]
                continue
            free[slow] -= 1
            busy[row.host] += 1
            taken.append((row, slow))
        if left:
            await delivery_queries.release(tx, left)
        return await self._load_pending(tx, taken, known), bool(left) or len(leased) == limit

    async def _load_peers(self, tx: Tx, hosts: set[str]) -> dict[str, PeerRow]:
        known = await peer_queries.load_by_domains(tx, list(hosts))
        if new := hosts - known.keys():
            await peer_queries.insert_many(tx, new)
            known |= await peer_queries.load_by_domains(tx, list(new))
        return known

    async def _load_pending(
        self, tx: ReadTx, taken: Sequence[tuple[DeliveryRow, bool]], known: dict[str, PeerRow]
    ) -> list[PendingDelivery]:
        documents = await delivery_queries.load_documents(tx, list({row.document_id for row, _ in taken}))
        signers = {
            account_id: await self._find_signer(tx, account_id)
            for account_id in {row.account_id for row in documents.values()}
        }
        deliveries = []
        for row, slow in taken:
            document = documents.get(row.document_id)
            signer = signers.get(document.account_id) if document is not None else None
            deliveries.append(PendingDelivery(row, known[row.host], document, signer, slow))
        return deliveries

    async def _find_signer(self, tx: ReadTx, account_id: int) -> Signer | None:
        try:
            return Signer(*await self._services.keyring.get_rsa(tx, account_id), self._services.db.clock)
        except LookupError:
            return None

    async def _process(self, pending: PendingDelivery, slot: Slot) -> None:
        try:
            outcome = await self._attempt(pending)
        except asyncio.CancelledError:
            if not slot.aborted:
                raise
            outcome = DeliveryOutcome("again", "no answer yet when the slot was needed for other deliveries")
        except Exception as error:
            # An error in one delivery must not stop the others.
            log.exception("delivery_failed", inbox=pending.row.inbox_uri)
            outcome = DeliveryOutcome("again", type(error).__name__, has_answered=True)
        self._finished.append((pending, outcome))

    async def _attempt(self, pending: PendingDelivery) -> DeliveryOutcome:
        row, document, signer = pending.row, pending.document, pending.signer
        if document is None or signer is None:
            return DeliveryOutcome("drop", "nothing to send, or nobody to sign it")
        if not self._services.policies.allows(row.host):
            return DeliveryOutcome("drop", "the host was blocked after the delivery was enqueued")
        return await self._deliver(row, document, signer, pending.peer.scheme or "cavage")

    async def _deliver(
        self, row: DeliveryRow, document: DocumentRow, signer: Signer, scheme: str
    ) -> DeliveryOutcome:
        other = "rfc9421" if scheme == "cavage" else "cavage"
        try:
            response = await self._post(row, document, signer, scheme)
            if response.status in SIGNATURE_REFUSED_STATUSES:
                second_response = await self._post(row, document, signer, other)
                if second_response.status < 300:
                    response, scheme = second_response, other
        except RequestRefusedError as error:
            return DeliveryOutcome("drop", str(error))
        except NetError as error:
            return DeliveryOutcome("again", str(error))
        return _classify(response, row, scheme)

    async def _post(self, row: DeliveryRow, document: DocumentRow, signer: Signer, scheme: str) -> Response:
        headers = signer.sign_post(row.inbox_uri, document.digest, scheme)
        if document.synchronizes:
            async with self._services.db.read() as tx:
                headers["Collection-Synchronization"] = await build_synchronization_header(
                    tx, self._services.site, document.account_id, row.inbox_uri
                )
        return await self._services.client.post(row.inbox_uri, document.body, headers)

    async def _record_outcomes(
        self, tx: Tx, ended: Sequence[tuple[PendingDelivery, DeliveryOutcome]]
    ) -> None:
        if not ended:
            return
        finished = [pending.row for pending, outcome in ended if outcome.status in ("done", "drop")]
        if finished:
            await delivery_queries.finish(tx, finished)
        reached = {pending.row.host: pending.peer for pending, outcome in ended if outcome.has_answered}
        if reached:
            await peer_queries.mark_delivered(tx, list(reached))
        for pending, outcome in ended:
            await self._record_outcome(tx, pending, outcome)
        for host, peer in reached.items():
            if peer.failures:
                await delivery_queries.retry_host(tx, host)
        silent = {pending.row.host: pending.peer for pending, outcome in ended if outcome.is_unreachable}
        for host in silent.keys() - reached.keys():
            await self._open_circuit(tx, silent[host])

    async def _open_circuit(self, tx: Tx, peer: PeerRow) -> None:
        """Postpone all deliveries to a peer that does not answer to the next step of its circuit."""
        failures = peer.failures + 1
        until = tx.now + circuit_delay_ms(failures, random.random())
        await peer_queries.mark_failed(tx, peer.domain, failures, peer.failing_since_at or tx.now, until)
        if until > tx.now:
            await delivery_queries.postpone(tx, peer.domain, until)

    async def _record_outcome(self, tx: Tx, pending: PendingDelivery, outcome: DeliveryOutcome) -> None:
        row, peer = pending.row, pending.peer
        if outcome.scheme and outcome.scheme != peer.scheme:
            await peer_queries.set_scheme(tx, row.host, outcome.scheme)
        if outcome.status == "drop":
            log.info("delivery_dropped", inbox=row.inbox_uri, reason=outcome.reason)
        if outcome.status != "again":
            return
        if _is_final_attempt(row, outcome, tx.now):
            log.warning("delivery_given_up", inbox=row.inbox_uri, reason=outcome.reason)
            why = "" if outcome.has_answered else delivery_queries.EXPIRED_PREFIX
            await delivery_queries.dead_letter(tx, row.id, why + outcome.reason)
            return
        wait = max(outcome.wait_ms, retry_delay_ms(min(row.attempts, MAX_ATTEMPTS), random.random()))
        await delivery_queries.retry(tx, row.id, tx.now + wait, outcome.reason)

    async def next_due(self) -> int | None:
        """Return when the next delivery is due (ms UTC) that was not due at the last run.

        A free slot wakes the worker anyway.
        """
        async with self._services.db.read() as tx:
            return await delivery_queries.find_next_due(tx, after=self._checked_at)

    async def finish(self) -> int:
        """Wait for the deliveries in progress; return how many outcomes are still to be recorded."""
        await self._pool.finish()
        return len(self._finished)

    async def stop(self, seconds: float) -> None:
        """Let deliveries end within this time and release the others for the next process."""
        await self._pool.finish(seconds)
        ended = list(self._finished)
        left = self._in_progress.keys() - {pending.row.id for pending, _ in ended}
        if not self._in_progress:
            return
        async with self._services.db.write() as tx:
            await self._record_outcomes(tx, ended)
            await delivery_queries.release(tx, list(left))
        self._count_outcomes(ended)
        self._in_progress, self._finished = {}, []


def _is_final_attempt(row: DeliveryRow, outcome: DeliveryOutcome, now: int) -> bool:
    """Return True if a failed delivery is not tried again.

    A peer that answers gets a number of attempts, one that does not answer is tried for a number of days.
    """
    if outcome.has_answered:
        return row.attempts >= MAX_ATTEMPTS
    return row.id < first_id_at(now - delivery_queries.EXPIRE_AFTER_MS)


def _metric_label(row: DeliveryRow, outcome: DeliveryOutcome, now: int) -> str:
    """Return the label under which metrics count an outcome."""
    if outcome.status != "again":
        return {"done": "delivered", "drop": "refused"}[outcome.status]
    if _is_final_attempt(row, outcome, now):
        return "given_up"
    return "postponed" if outcome.has_answered else "unreachable"


def _classify(response: Response, row: DeliveryRow, scheme: str) -> DeliveryOutcome:
    status = response.status
    if status < 300:
        return DeliveryOutcome("done", scheme=scheme, has_answered=True)
    reason = f"{status} {response.body[:200].decode('utf-8', 'replace')}"
    if status in RETRY_STATUSES:
        wait = parse_retry_after(response.headers.get("retry-after", ""))
        return DeliveryOutcome("again", reason, wait, has_answered=True)
    outcome = "again" if status in (401, 403, 404) and row.attempts < 3 else "drop"
    return DeliveryOutcome(outcome, reason, has_answered=True)
