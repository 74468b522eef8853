"""Receive activities: verify, store and answer them at once; workers process them later.

Activities that arrive together share one transaction, and so one sync of the disk.
"""

from __future__ import annotations

import asyncio

from cachetools import LRUCache, TTLCache

from activitypub.activities import read_activity
from activitypub.authority import host_of, same_origin
from activitypub.document import parse
from activitypub.errors import AuthorityError
from activitypub.signatures import verify
from activitypub.signatures.request import SignedRequest
from fedserver.domain.accounts import accounts
from fedserver.federation.authenticate import Authenticator
from storage.engine import Database, Tx
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.kernel import inbox as inbox_queries
from storage.queries.peers import peers as peer_queries
from storage.queries.peers import relays as relay_queries
from storage.rows.accounts import AccountRow
from storage.rows.kernel import InboxItemRow

# Activities that wait to be processed: some minutes' work for the node, and no host may fill the queue alone.
MAX_PENDING, MAX_PENDING_PER_HOST = 20_000, 2_000
BACKLOG_CHECK_INTERVAL = 100  # activities of a host between two counts of its backlog
FULL_TTL_S = 60  # how long a full queue refuses before it is counted again
MAX_BATCH_SIZE = 64  # activities in one transaction; more would keep other writers waiting


class QueueFullError(Exception):
    """Too many activities wait, of all hosts or of `host`; the sender may try again later."""

    def __init__(self, host: str = "") -> None:
        super().__init__(host)
        self.host = host


class Inbox:
    """Receives activities for one node."""

    def __init__(self, db: Database, authenticator: Authenticator) -> None:
        self._db = db
        self._authenticator = authenticator
        self._pending: list[tuple[InboxItemRow, asyncio.Future[bool]]] = []
        self._writer_task: asyncio.Task[None] | None = None
        # Activities of a host that were received since its backlog was counted.
        self._received_since_check: LRUCache[str, int] = LRUCache(10_000)
        self._full_hosts: TTLCache[str, bool] = TTLCache(10_000, FULL_TTL_S, timer=lambda: db.clock() / 1000)

    async def receive(self, request: SignedRequest, target_id: int | None) -> AccountRow | None:
        """Verify and store an activity. Returns the account that signed it, None if it has no effect here.

        `target_id` is the member whose own inbox it came to. Raises ActivityPubError (BusyError among
        them), PeerBlockedError, QueueFullError, DatabaseUnavailableError.
        """
        verify.check_body(request)
        document = parse(request.body)
        activity = read_activity(document)
        if activity.kind == "Delete" and activity.object_id == activity.actor:
            async with self._db.read() as tx:
                if await accounts.find_by_uri(tx, activity.actor) is None:
                    # Its key is gone as well, so there is nothing to verify, and nothing to delete.
                    return None
        self._check_capacity(host_of(activity.actor))
        signer = await self._authenticator.authenticate(request)
        if signer.uri != activity.actor and activity.proof:
            await self._authenticator.verify_proof(document, activity.actor)
        actor_uri = activity.actor
        # guard: the signer is the actor
        if signer.uri != activity.actor and not activity.proof:
            # guard: relays: only those that are on forward
            if not await self._is_relay(signer):
                raise AuthorityError("it is not signed by its actor")
            actor_uri = signer.uri  # the actor of a forwarded activity has not signed it
        # guard: origin of an activity
        if activity.id and not same_origin(activity.id, activity.actor):
            raise AuthorityError("the activity's id is of another origin")
        uri = activity.id or f"{activity.actor}#{activity.kind}/{activity.object_id}"[:2_000]
        host = host_of(signer.uri)
        await self._check_backlog(host)
        now = self._db.clock()
        await self._store(
            InboxItemRow(
                id=self._db.ids.new(),
                actor_uri=actor_uri,
                activity_uri=uri,
                signer_uri=signer.uri,
                host=host,
                target_id=target_id,
                body=request.body,
                received_at=now,
                run_at=now,
                leased_until=0,
                attempts=0,
                dead_at=None,
                error="",
            )
        )
        return signer

    async def _is_relay(self, signer: AccountRow) -> bool:
        async with self._db.read() as tx:
            return await relay_queries.is_enabled(tx, signer.uri)

    def _check_capacity(self, host: str) -> None:
        """Raise QueueFullError if a queue is known to be full."""
        if "" in self._full_hosts or len(self._pending) >= MAX_PENDING:
            raise QueueFullError
        if host in self._full_hosts:
            raise QueueFullError(host)

    async def _check_backlog(self, host: str) -> None:
        """Count from time to time how many activities of a host wait, and of all. Raises QueueFullError."""
        self._received_since_check[host] = self._received_since_check.get(host, 0) + 1
        if self._received_since_check[host] >= BACKLOG_CHECK_INTERVAL:
            self._received_since_check[host] = 0
            async with self._db.read() as tx:
                pending = await inbox_queries.count_pending_by_host(tx, host, MAX_PENDING_PER_HOST)
                if pending >= MAX_PENDING_PER_HOST:
                    self._full_hosts[host] = True
                if await inbox_queries.count_pending(tx) >= MAX_PENDING:
                    self._full_hosts[""] = True
        self._check_capacity(host)

    async def _store(self, row: InboxItemRow) -> None:
        """Write an activity together with others that arrive now. Returns when it is on disk."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._pending.append((row, done))
        if self._writer_task is None or self._writer_task.done():
            self._writer_task = asyncio.create_task(self._write_batches())
        await done

    async def _write_batches(self) -> None:
        while self._pending:
            batch, self._pending = self._pending[:MAX_BATCH_SIZE], self._pending[MAX_BATCH_SIZE:]
            try:
                async with self._db.write() as tx:
                    await self._insert(tx, [row for row, _ in batch])
            except BaseException as error:
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
                continue
            for _, done in batch:
                if not done.done():
                    done.set_result(True)

    async def _insert(self, tx: Tx, rows: list[InboxItemRow]) -> None:
        added = [await inbox_queries.insert(tx, row) for row in rows]
        if any(added):
            tx.emit("inbox.due")
        # A host that sends is up again: deliveries to it that were held back go out now.
        for host in {row.host for row in rows}:
            if await peer_queries.close_circuit(tx, host):
                await delivery_queries.retry_host(tx, host)
                tx.emit("deliveries.due")
