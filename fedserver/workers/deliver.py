"""Deliveries: many hosts at once, few requests a host, in order within a lane.

Signed with draft-cavage first; a peer that refuses is asked once more with RFC 9421, and what it took is
remembered (double-knock). A dead peer costs one probe a step of its circuit, not one a post.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence

import structlog
from msgspec import Struct

from fedserver.federation import Signer, followers_at
from fedserver.http import Services
from fedserver.net import NetError, Refused, Response
from fedserver.workers.backoff import MOST_ATTEMPTS, circuit, delay, retry_after
from storage import DeliveryRow, DocumentRow, PeerRow, Tx, queries

log = structlog.stdlib.get_logger("fedserver.workers")
BATCH = 100
LEASE_MS = 90_000
PER_HOST = 4
REFUSED_SIGNATURE = (400, 401, 403)
LATER = (408, 425, 429, 500, 502, 503, 504)


class Outcome(Struct, frozen=True):
    """How a delivery ended: done, again (perhaps not before a time), or given up."""

    word: str
    reason: str = ""
    wait_ms: int = 0
    scheme: str = ""
    unreachable: bool = False


class DeliveryWorker:
    """Makes deliveries."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self) -> int:
        """Make what is due, at most a batch; how many were tried."""
        async with self._services.db.write() as tx:
            leased = await queries.deliveries.lease(tx, until=tx.now + LEASE_MS, limit=BATCH)
            if not leased:
                return 0
            documents = await queries.deliveries.documents_of(tx, list({row.document_id for row in leased}))
            await queries.peers.add_some(tx, {row.host for row in leased})
            known = await queries.peers.by_domains(tx, list({row.host for row in leased}))
            senders = {row.account_id for row in documents.values()}
            signers = {each: await self._signer(tx, each) for each in senders}
        by_host: defaultdict[str, list[DeliveryRow]] = defaultdict(list)
        for row in leased:
            by_host[row.host].append(row)
        results = await asyncio.gather(
            *(self._host(known[host], rows, documents, signers) for host, rows in by_host.items())
        )
        await self._write(known, [each for result in results for each in result])
        return len(leased)

    async def _signer(self, tx: Tx, account_id: int) -> Signer | None:
        try:
            return Signer(*await self._services.keyring.rsa(tx, account_id), self._services.db.clock)
        except LookupError:
            return None

    async def _host(
        self,
        peer: PeerRow,
        rows: Sequence[DeliveryRow],
        documents: dict[int, DocumentRow],
        signers: dict[int, Signer | None],
    ) -> list[tuple[DeliveryRow, Outcome]]:
        turn = asyncio.Semaphore(PER_HOST)

        async def one(row: DeliveryRow) -> tuple[DeliveryRow, Outcome]:
            document = documents.get(row.document_id)
            signer = signers.get(document.account_id) if document else None
            if document is None or signer is None:
                return row, Outcome("drop", "nothing to send, or nobody to sign it")
            if not self._services.policies.allows(row.host):
                return row, Outcome("drop", "blocked since it was owed")
            async with turn:
                return row, await self._deliver(row, document, signer, peer.scheme or "cavage")

        return list(await asyncio.gather(*(one(row) for row in rows)))

    async def _deliver(self, row: DeliveryRow, document: DocumentRow, signer: Signer, scheme: str) -> Outcome:
        other = "rfc9421" if scheme == "cavage" else "cavage"
        try:
            response = await self._post(row, document, signer, scheme)
            if response.status in REFUSED_SIGNATURE:
                again = await self._post(row, document, signer, other)
                if again.status < 300:
                    response, scheme = again, other
        except Refused as error:
            return Outcome("drop", str(error))
        except NetError as error:
            return Outcome("again", str(error), unreachable=True)
        return _judged(response, row, scheme)

    async def _post(self, row: DeliveryRow, document: DocumentRow, signer: Signer, scheme: str) -> Response:
        headers = signer.post(row.inbox_uri, document.digest, scheme)
        if document.synchronizes:
            async with self._services.db.read() as tx:
                headers["Collection-Synchronization"] = await followers_at(
                    tx, self._services.site, document.account_id, row.inbox_uri
                )
        return await self._services.client.post(row.inbox_uri, document.body, headers)

    async def _write(self, known: dict[str, PeerRow], results: Sequence[tuple[DeliveryRow, Outcome]]) -> None:
        async with self._services.db.write() as tx:
            finished = [row for row, outcome in results if outcome.word in ("done", "drop")]
            await queries.deliveries.finish(tx, finished)
            reached = {row.host for row, outcome in results if not outcome.unreachable}
            await queries.peers.succeeded(tx, list(reached))
            for row, outcome in results:
                await self._note(tx, known[row.host], row, outcome)
                self._services.metrics.deliveries[_told(row, outcome)] += 1
            for host in {row.host for row, outcome in results if outcome.unreachable} - reached:
                peer = known[host]
                wait = circuit(peer.failures + 1, random.random())
                await queries.peers.failed(tx, host, peer.failing_since_at or tx.now, tx.now + wait)

    async def _note(self, tx: Tx, peer: PeerRow, row: DeliveryRow, outcome: Outcome) -> None:
        if outcome.scheme and outcome.scheme != peer.scheme:
            await queries.peers.set_scheme(tx, row.host, outcome.scheme)
        if outcome.word == "drop":
            log.info("delivery_dropped", inbox=row.inbox_uri, reason=outcome.reason)
        if outcome.word != "again":
            return
        if row.attempts >= MOST_ATTEMPTS:
            log.warning("delivery_given_up", inbox=row.inbox_uri, reason=outcome.reason)
            await queries.deliveries.bury(tx, row.id, outcome.reason)
            return
        wait = max(outcome.wait_ms, delay(row.attempts, random.random()))
        await queries.deliveries.retry(tx, row.id, tx.now + wait, outcome.reason)

    async def next_due(self) -> int | None:
        """When there is something to do next."""
        async with self._services.db.read() as tx:
            return await queries.deliveries.next_due(tx)


def _told(row: DeliveryRow, outcome: Outcome) -> str:
    """An outcome in the words of the figures."""
    if outcome.word == "again" and row.attempts >= MOST_ATTEMPTS:
        return "given_up"
    return {"done": "delivered", "drop": "refused"}.get(
        outcome.word, "unreachable" if outcome.unreachable else "postponed"
    )


def _judged(response: Response, row: DeliveryRow, scheme: str) -> Outcome:
    status = response.status
    if status < 300:
        return Outcome("done", scheme=scheme)
    reason = f"{status} {response.body[:200].decode('utf-8', 'replace')}"
    if status in LATER:
        return Outcome("again", reason, wait_ms=retry_after(response.headers.get("retry-after", "")))
    if status in (401, 403, 404) and row.attempts < 3:
        return Outcome("again", reason)
    return Outcome("drop", reason)
