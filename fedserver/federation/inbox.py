"""Receive activities: verify, store and answer them at once; workers process them later.

Activities that arrive together share one transaction, and so one sync of the disk.
"""

from __future__ import annotations

import asyncio

import structlog
from cachetools import LRUCache, TTLCache
from msgspec import Struct

from activitypub.activities import Activity, read_activity
from activitypub.authority import host_of, same_origin
from activitypub.document import Document, parse
from activitypub.errors import AuthorityError
from activitypub.fingerprints import compute_fingerprint
from activitypub.signatures import verify
from activitypub.signatures.request import SignedRequest
from fedserver.domain.accounts import accounts
from fedserver.domain.peers import peers
from fedserver.federation.authenticate import Authenticator, PeerBlockedError
from storage.engine import Database, Tx
from storage.queries.kernel import inbox as inbox_queries
from storage.queries.peers import relays as relay_queries
from storage.rows.accounts import AccountRow
from storage.rows.kernel import InboxItemRow

# Activities that wait to be processed: some minutes' work for the node, and no host may fill the queue alone.
MAX_PENDING, MAX_PENDING_PER_HOST = 20_000, 2_000
BACKLOG_CHECK_INTERVAL = 100  # activities of a host between two counts of its backlog
FULL_TTL_S = 60  # how long a full queue refuses before it is counted again
MAX_BATCH_SIZE = 64  # activities in one transaction; more would keep other writers waiting
# Acts that nobody does twice: the very same one with a new signature is a repeated delivery. Everything else
# can be undone and done again in the same words, as Takahē does with follows and PeerTube with likes.
SINGLE_TYPES = frozenset({"Create", "Delete", "Flag"})
# What erases is accepted from refused hosts too: a block does not take away the right to have data deleted.
ERASING_TYPES = frozenset({"Delete", "Undo"})
# An allowed peer that is no partner yet exchanges these with the node itself, where only partners take part.
NEGOTIATING_TYPES = ERASING_TYPES | {"Offer", "Accept", "Reject"}
# A peer that got no answer sends the same again within seconds, with a new signature: until then it is the
# same act, so that it does not come back after its Undo. Nobody else can sign it again, ever.
MIN_REPEAT_AGE_MS = 60_000
log = structlog.stdlib.get_logger("fedserver.federation")


class QueueFullError(Exception):
    """Too many activities wait, of all hosts or of `host`; the sender may try again later."""

    def __init__(self, host: str = "") -> None:
        super().__init__(host)
        self.host = host


class ReceivedActivity(Struct, frozen=True):
    """An activity to be stored, and when it may be the repetition of one that says the very same.

    That is so unless the other was signed at `repeatable_until` (ms UTC) or earlier.
    """

    row: InboxItemRow
    fingerprint: str
    signed_at: int
    repeatable_until: int


class Inbox:
    """Receives activities for one node."""

    def __init__(self, db: Database, authenticator: Authenticator) -> None:
        self._db = db
        self._authenticator = authenticator
        self._pending: list[tuple[ReceivedActivity, asyncio.Future[bool]]] = []
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
        signer, signed_at = await self._authenticate(request, activity)
        actor_uri = activity.actor
        if signer.uri != activity.actor and activity.proof:
            if await self._is_own(document, activity):
                return signer
            # A forwarding server signs the request, not the activity, which is as old as its proof.
            signed_at = await self._authenticator.verify_proof(document, activity.actor)
        # guard: the signer is the actor
        if signer.uri != activity.actor and not activity.proof:
            # guard: relays: only those that are on forward
            if not await self._is_relay(signer):
                raise AuthorityError("it is not signed by its actor")
            actor_uri = signer.uri  # the actor of a forwarded activity has not signed it
        # guard: origin of an activity
        if activity.id and not same_origin(activity.id, activity.actor):
            raise AuthorityError("the activity's id is of another origin")
        await self._check_backlog(host_of(signer.uri))
        await self._store(self._build(request.body, activity, actor_uri, signer.uri, target_id, signed_at))
        return signer

    async def _authenticate(self, request: SignedRequest, activity: Activity) -> tuple[AccountRow, int]:
        """Return who signed a request, and when (ms UTC). Raises SignatureError, PeerBlockedError."""
        try:
            signer, signed_at = await self._authenticator.authenticate_with_time(request)
            # guard: what only partners may send
            if activity.kind not in NEGOTIATING_TYPES and not self._authenticator.is_reader(signer):
                raise PeerBlockedError(signer.uri)
            return signer, signed_at
        except PeerBlockedError:
            # guard: what refused hosts may send
            if activity.kind not in ERASING_TYPES:
                raise
            signer, signed_at = await self._authenticator.authenticate_with_stored_key(request)
            # It speaks for itself only: what it forwards, as relays do, has no effect.
            if signer.uri != activity.actor:
                raise
            return signer, signed_at

    def _build(
        self,
        body: bytes,
        activity: Activity,
        actor_uri: str,
        signer_uri: str,
        target_id: int | None,
        signed_at: int,
    ) -> ReceivedActivity:
        now = self._db.clock()
        uri = activity.id or f"{activity.actor}#{activity.kind}/{activity.object_id}"
        fingerprint = f"{uri[:2_000]} {compute_fingerprint(body)}"
        if activity.kind == "Create" and target_id is not None and not (activity.to or activity.cc):
            # It is for whom it was delivered to, so the same for another member is something else.
            fingerprint += f" {target_id}"
        # Without an id nobody meant to name one act, so only the signature tells two apart.
        age = MIN_REPEAT_AGE_MS if activity.id else 1
        row = InboxItemRow(
            id=self._db.ids.new(),
            actor_uri=actor_uri,
            activity_uri=f"{fingerprint} {signed_at}",
            signer_uri=signer_uri,
            host=host_of(signer_uri),
            target_id=target_id,
            body=body,
            received_at=now,
            run_at=now,
            leased_until=0,
            attempts=0,
            dead_at=None,
            error="",
        )
        repeatable_until = -1 if activity.kind in SINGLE_TYPES else signed_at - age
        return ReceivedActivity(row, fingerprint, signed_at, repeatable_until)

    async def _is_own(self, document: Document, activity: Activity) -> bool:
        """Return True for an activity of ours that a peer forwards to us: it has had its effect here.

        Raises SignatureError if we did not make it, and AuthorityError if its actor was deleted.
        """
        async with self._db.read() as tx:
            actor = await accounts.find_by_uri(tx, activity.actor)
        if actor is None or actor.domain:
            return False
        if actor.deleted_at is not None:
            raise AuthorityError("its actor was deleted here")
        await self._authenticator.verify_own_proof(document, actor)
        log.debug("activity_dropped", activity=activity.id[:300], reason="it is our own, forwarded to us")
        return True

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

    async def _store(self, received: ReceivedActivity) -> None:
        """Write an activity together with others that arrive now. Returns when it is on disk."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._pending.append((received, done))
        if self._writer_task is None or self._writer_task.done():
            self._writer_task = asyncio.create_task(self._write_batches())
        await done

    async def _write_batches(self) -> None:
        while self._pending:
            batch, self._pending = self._pending[:MAX_BATCH_SIZE], self._pending[MAX_BATCH_SIZE:]
            try:
                async with self._db.write() as tx:
                    await self._insert(tx, [received for received, _ in batch])
            except BaseException as error:
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
                continue
            for _, done in batch:
                if not done.done():
                    done.set_result(True)

    async def _insert(self, tx: Tx, batch: list[ReceivedActivity]) -> None:
        added = [await self._insert_new(tx, received) for received in batch]
        if any(added):
            tx.emit("inbox.due")
        for host in {received.row.host for received in batch}:
            await peers.mark_reachable(tx, host)

    async def _insert_new(self, tx: Tx, received: ReceivedActivity) -> bool:
        """Store an activity unless it is a repetition; return False for one."""
        row = received.row
        # guard: repetition
        if not await inbox_queries.record_seen(
            tx,
            row.actor_uri,
            received.fingerprint,
            received.signed_at,
            repeatable_until=received.repeatable_until,
        ):
            log.debug("activity_dropped", activity=row.activity_uri[:300], reason="it was received before")
            return False
        return await inbox_queries.insert(tx, row)
