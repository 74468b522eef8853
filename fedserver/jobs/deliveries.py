"""Deliveries: many hosts at once, few requests a host, in order within a lane.

They begin as slots become free. A host that answers slowly, or not at all, occupies slow slots only, and a
dead host costs one probe for each step of its circuit breaker, not one for each post. What a peer refuses,
or fails at, delays nothing but later activities about the same subject; only when several deliveries in a row
fail is it taken for the fault of the host, and all that is for it waits. Requests are signed
with draft-cavage first; a peer that refuses gets one more with RFC 9421, and the scheme that it accepted is
stored (double-knock).
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import structlog
from cachetools import LRUCache
from msgspec import Struct, structs

from fedserver.domain.kernel import jobs
from fedserver.federation.fan_out import is_by_node, is_overtaken
from fedserver.federation.signing import Signer
from fedserver.federation.synchronization import build_synchronization_header
from fedserver.jobs.backoff import (
    MAX_ATTEMPTS,
    circuit_delay_ms,
    is_retryable,
    may_concern_host,
    parse_retry_after,
    retry_delay_ms,
    signals_outage,
)
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
GONE_STATUSES = (404, 410)
# So many different deliveries in a row that fail with a server error or a rate limit are no coincidence.
MIN_FAILURES_OF_HOST = 5
MAX_TRACKED_HOSTS = 10_000
OUTAGE_FAILURES = 2  # after the first failure nothing is postponed yet, see `circuit_delay_ms`


class DeliveryOutcome(Struct, frozen=True):
    """The outcome of a delivery: `done`, `again` (after at least `wait_ms`) or `drop`.

    `answer` is the HTTP status, 0 without an answer; `is_own_failure` if the fault is ours.
    """

    status: str
    reason: str = ""
    wait_ms: int = 0
    scheme: str = ""
    answer: int = 0
    is_own_failure: bool = False

    @property
    def is_unreachable(self) -> bool:
        return self.status == "again" and not self.answer and not self.is_own_failure

    @property
    def shows_working_host(self) -> bool:
        return self.answer > 0 and not may_concern_host(self.answer)


class PendingDelivery(Struct, frozen=True):
    """A leased delivery with everything that it needs."""

    row: DeliveryRow
    peer: PeerRow
    document: DocumentRow | None
    signer: Signer | None
    is_slow: bool


Ended = Sequence[tuple[PendingDelivery, DeliveryOutcome]]


class HostFailures:
    """The deliveries to each host that failed with an answer since the last one that it took.

    Kept in memory, as it need not be exact: after a restart it takes a few more failures to see an outage.
    """

    def __init__(self) -> None:
        self._failed_ids: LRUCache[str, frozenset[int]] = LRUCache(MAX_TRACKED_HOSTS)

    def add(self, host: str, ids: Iterable[int]) -> bool:
        """Add failed deliveries; return True, and begin again, if so many are the fault of the host."""
        failed_ids = self._failed_ids.pop(host, frozenset()) | frozenset(ids)
        if len(failed_ids) >= MIN_FAILURES_OF_HOST:
            return True
        self._failed_ids[host] = failed_ids
        return False

    def clear(self, host: str) -> None:
        self._failed_ids.pop(host, None)


class DeliveryWorker:
    """A worker that sends activities to inboxes of peers."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pool = Pool(FAST_SLOTS, SLOW_SLOTS, coalesce_s=COALESCE_S)
        self.wake = self._pool.wake
        self._in_progress: dict[int, PendingDelivery] = {}
        self._finished: list[tuple[PendingDelivery, DeliveryOutcome]] = []
        self._host_failures = HostFailures()
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
        if more:
            return len(taken)
        return sum(outcome.answer in GONE_STATUSES for _, outcome in ended)  # each enqueued a job

    def _count_outcomes(self, ended: Ended) -> None:
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
            outcome = DeliveryOutcome("again", type(error).__name__, is_own_failure=True)
        self._finished.append((pending, outcome))

    async def _attempt(self, pending: PendingDelivery) -> DeliveryOutcome:
        row, document, signer = pending.row, pending.document, pending.signer
        if document is None or signer is None:
            return DeliveryOutcome("drop", "nothing to send, or nobody to sign it")
        policies = self._services.policies
        # guard: what waits for a peer
        if not policies.shares_with(row.host) and not (
            policies.allows(row.host) and is_by_node(self._services.site, document)
        ):
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
                # Where the second signature was understood, its answer is about the activity.
                if second_response.status not in SIGNATURE_REFUSED_STATUSES or response.status == 401:
                    response, scheme = second_response, other
        except RequestRefusedError as error:
            return DeliveryOutcome("drop", str(error))
        except NetError as error:
            return DeliveryOutcome("again", str(error))
        return _classify(response, row, scheme, self._services.db.clock())

    async def _post(self, row: DeliveryRow, document: DocumentRow, signer: Signer, scheme: str) -> Response:
        headers = signer.sign_post(row.inbox_uri, document.digest, scheme)
        if document.synchronizes:
            async with self._services.db.read() as tx:
                headers["Collection-Synchronization"] = await build_synchronization_header(
                    tx, self._services.site, document.account_id, row.inbox_uri
                )
        return await self._services.client.post(row.inbox_uri, document.body, headers)

    async def _record_outcomes(self, tx: Tx, ended: Ended) -> None:
        if not ended:
            return
        finished = [pending.row for pending, outcome in ended if outcome.status in ("done", "drop")]
        if finished:
            await delivery_queries.finish(tx, finished)
        working = {pending.row.host: pending.peer for pending, outcome in ended if outcome.shows_working_host}
        if working:
            await self._close_circuits(tx, working)
        failed: dict[str, list[tuple[PendingDelivery, DeliveryOutcome]]] = {}
        for pending, outcome in ended:
            if pending.row.host not in working:
                failed.setdefault(pending.row.host, []).append((pending, outcome))
        open_until = {host: await self._check_host(tx, host, attempts) for host, attempts in failed.items()}
        for pending, outcome in ended:
            await self._record_outcome(tx, pending, outcome, open_until.get(pending.row.host, 0))

    async def _close_circuits(self, tx: Tx, working: Mapping[str, PeerRow]) -> None:
        """Note that these hosts work; what waited because they did not is due now."""
        await peer_queries.mark_delivered(tx, list(working))
        for host, peer in working.items():
            self._host_failures.clear(host)
            if peer.failures >= OUTAGE_FAILURES:
                await delivery_queries.retry_host(tx, host)

    async def _check_host(self, tx: Tx, host: str, attempts: Ended) -> int:
        """Open the circuit of a host if its failed deliveries are its own fault.

        Returns until when it is open (ms UTC), 0 if it is not.
        """
        peer = attempts[0][0].peer
        answered = {
            pending.row.id: outcome for pending, outcome in attempts if may_concern_host(outcome.answer)
        }
        is_outage = any(outcome.is_unreachable for _, outcome in attempts)
        if peer.failures >= OUTAGE_FAILURES:
            is_outage = is_outage or any(signals_outage(outcome.answer) for outcome in answered.values())
        if answered and self._host_failures.add(host, answered):
            is_outage = True
            peer = structs.replace(peer, failures=max(peer.failures, OUTAGE_FAILURES - 1))
        wait_ms = max((outcome.wait_ms for outcome in answered.values()), default=0)
        return await self._open_circuit(tx, peer, wait_ms) if is_outage else 0

    async def _open_circuit(self, tx: Tx, peer: PeerRow, min_wait_ms: int) -> int:
        """Postpone all deliveries to a peer to the next step of its circuit; return its end (ms UTC)."""
        failures = peer.failures + 1
        wait_ms = circuit_delay_ms(failures, random.random())
        until = tx.now + (max(wait_ms, min_wait_ms) if wait_ms else 0)
        await peer_queries.mark_failed(tx, peer.domain, failures, peer.failing_since_at or tx.now, until)
        if until > tx.now:
            await delivery_queries.postpone(tx, peer.domain, until)
        return until

    async def _record_outcome(
        self, tx: Tx, pending: PendingDelivery, outcome: DeliveryOutcome, open_until: int
    ) -> None:
        row, peer = pending.row, pending.peer
        if outcome.scheme and outcome.scheme != peer.scheme:
            await peer_queries.set_scheme(tx, row.host, outcome.scheme)
        if outcome.status == "drop":
            log.info("delivery_dropped", inbox=row.inbox_uri, reason=outcome.reason)
        if outcome.answer in GONE_STATUSES:
            refresh = jobs.RefreshRecipient(row.inbox_uri)
            await jobs.enqueue(tx, refresh, dedupe=f"refresh_recipient:{row.inbox_uri}")
        if outcome.status != "again":
            return
        if _is_final_attempt(row, outcome, tx.now):
            log.warning("delivery_given_up", inbox=row.inbox_uri, reason=outcome.reason)
            why = delivery_queries.EXPIRED_PREFIX if outcome.is_unreachable else ""
            await delivery_queries.dead_letter(tx, row.id, why + outcome.reason)
            return
        if pending.document is not None and await is_overtaken(tx, row, pending.document):
            log.info("delivery_superseded", inbox=row.inbox_uri, reason=outcome.reason)
            await delivery_queries.finish(tx, [row])
            return
        wait = max(outcome.wait_ms, retry_delay_ms(min(row.attempts, MAX_ATTEMPTS), random.random()))
        # Behind the others that wait for the circuit: the next probe shall be another activity.
        run_at = max(tx.now + wait, open_until + 1)
        await delivery_queries.retry(tx, row.id, run_at, outcome.reason)

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
    if outcome.is_unreachable:
        return row.id < first_id_at(now - delivery_queries.EXPIRE_AFTER_MS)
    return row.attempts >= MAX_ATTEMPTS


def _metric_label(row: DeliveryRow, outcome: DeliveryOutcome, now: int) -> str:
    """Return the label under which metrics count an outcome."""
    if outcome.status != "again":
        return {"done": "delivered", "drop": "refused"}[outcome.status]
    if _is_final_attempt(row, outcome, now):
        return "given_up"
    return "unreachable" if outcome.is_unreachable else "postponed"


def _classify(response: Response, row: DeliveryRow, scheme: str, now: int) -> DeliveryOutcome:
    status = response.status
    if 200 <= status < 300:
        return DeliveryOutcome("done", scheme=scheme, answer=status)
    reason = f"{status} {response.body[:200].decode('utf-8', 'replace')}"
    if not is_retryable(status, row.attempts):
        return DeliveryOutcome("drop", reason, answer=status)
    wait_ms = parse_retry_after(response.headers.get("retry-after", ""), now)
    return DeliveryOutcome("again", reason, wait_ms, answer=status)
