"""The door for activities: checked, written, answered. They are processed later by workers.

Activities that arrive together share one transaction, and so one sync of the disk.
"""

from __future__ import annotations

import asyncio

from activitypub import (
    ActivityPubError,
    AuthorityError,
    SignatureError,
    SignedRequest,
    host_of,
    parse,
    read_activity,
    same_origin,
    verify,
)
from fedserver import domain
from fedserver.federation.authenticate import Authenticator
from fedserver.federation.fetch import Gone
from storage import AccountRow, Database, InboxItemRow, Tx, queries

MOST_WAITING = 20_000
MOST_TOGETHER = 64


class Full(Exception):
    """More waits than we can keep: the peer may come again later."""


class Inbox:
    """Takes activities for one node."""

    def __init__(self, db: Database, authenticator: Authenticator) -> None:
        self._db = db
        self._authenticator = authenticator
        self._waiting: list[tuple[InboxItemRow, asyncio.Future[bool]]] = []
        self._flush: asyncio.Task[None] | None = None

    async def take(self, request: SignedRequest, target_id: int | None) -> AccountRow | None:
        """Check and keep an activity; who signed it, None if it does not matter here.

        Raises ActivityPubError, Blocked, Full, Unavailable.
        """
        verify.check_body(request)
        document = parse(request.body)
        activity = read_activity(document)
        if activity.kind == "Delete" and activity.object_id == activity.actor:
            async with self._db.read() as tx:
                if await domain.accounts.by_uri(tx, activity.actor) is None:
                    return None  # somebody we never knew is gone; fetching the key would be in vain
        try:
            signer = await self._authenticator.signer(request)
            if signer.uri != activity.actor and activity.proof:
                await self._authenticator.prove(document, activity.actor)
        except Gone as error:
            raise SignatureError("key-gone") from error
        by = activity.actor
        if signer.uri != activity.actor and not activity.proof:
            if not await self._is_relay(signer):
                raise AuthorityError("signed by somebody else than the actor")
            by = signer.uri  # what a relay forwards is no word of the actor
        if activity.id and not same_origin(activity.id, activity.actor):
            raise AuthorityError("the activity's id is of another origin")
        uri = activity.id or f"{activity.actor}#{activity.kind}/{activity.object_id}"[:2_000]
        if len(self._waiting) >= MOST_WAITING:
            raise Full
        now = self._db.clock()
        await self._keep(
            InboxItemRow(
                id=self._db.ids.new(),
                actor_uri=by,
                activity_uri=uri,
                signer_uri=signer.uri,
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
            return await queries.relays.is_on(tx, signer.uri)

    async def _keep(self, row: InboxItemRow) -> None:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        if self._flush is None or self._flush.done():
            self._flush = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            try:
                async with self._db.write() as tx:
                    await self._add(tx, [row for row, _ in batch])
            except BaseException as error:
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
                continue
            for _, done in batch:
                if not done.done():
                    done.set_result(True)

    async def _add(self, tx: Tx, rows: list[InboxItemRow]) -> None:
        added = [await queries.inbox.add(tx, row) for row in rows]
        if any(added):
            tx.emit("inbox.due")
        for host in {_host(row) for row in rows}:
            if await queries.peers.alive(tx, host):
                await queries.deliveries.revive(tx, host)
                tx.emit("deliveries.due")


def _host(row: InboxItemRow) -> str:
    try:
        return host_of(row.signer_uri)
    except ActivityPubError:
        return ""
