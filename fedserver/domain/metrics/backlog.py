"""The health of the queues: pending and dead jobs, unreachable peers, and retrying them."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from storage.engine import ReadTx, Tx
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.kernel import jobs as job_queries
from storage.queries.metrics import backlog as backlog_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.auth import MemberRow
from storage.rows.peers import PeerRow

MAX_PEERS = 100  # shown on the page of queues
MAX_EXAMPLES = 5  # activities shown for each host


class QueueStatus(Struct, frozen=True):
    """A queue: `late` is for how long (ms) its first pending entry has been due."""

    name: str
    waiting: int
    given_up: int
    late: int


class DeadActivities(Struct, frozen=True):
    """Dead activities of one host: count among the latest, last error and time, and some examples."""

    host: str
    count: int
    error: str
    at: int
    what: tuple[str, ...]


class UnreachablePeer(Struct, frozen=True):
    """A peer that does not answer, and the number of deliveries pending for it."""

    row: PeerRow
    waiting: int


class RetriedDeliveries(Struct, frozen=True):
    """Deliveries that a host failed at while it takes others: count, one of the errors, the next attempt."""

    host: str
    count: int
    error: str
    next_at: int


class FailingMails(Struct, frozen=True):
    """Mails that the mail server did not take and that are tried again: count, next attempt, an error."""

    count: int
    next_at: int
    error: str


class QueueHealth(Struct, frozen=True):
    """The state of all queues."""

    queues: tuple[QueueStatus, ...]
    dead_tasks: tuple[tuple[int, str, str, int], ...]  # number, kind, error, moment
    dead_deliveries: tuple[DeadActivities, ...]
    dead_inbox: tuple[DeadActivities, ...]
    silent: tuple[UnreachablePeer, ...]
    unknown_jobs: tuple[tuple[str, int], ...]  # kinds that this version does not know, and how many of each
    retried: tuple[RetriedDeliveries, ...]
    failing_mails: FailingMails


class _ActivitySummary(Struct):
    """Type and object of an activity."""

    type: str = ""
    object: str | dict[str, Any] = ""


_decode_activity = msgspec.json.Decoder(_ActivitySummary).decode


async def list_queues(tx: ReadTx) -> tuple[QueueStatus, ...]:
    """Return pending and dead counts of each queue, in one statement."""
    return tuple(
        QueueStatus(name, waiting, given_up, max(0, tx.now - first) if first else 0)
        for name, waiting, given_up, first in await backlog_queries.count_by_queue(tx, jobs.KINDS)
    )


async def load_health(tx: ReadTx) -> QueueHealth:
    """Return the state of the queues and what failed in them."""
    return QueueHealth(
        await list_queues(tx),
        tuple(await backlog_queries.list_dead_jobs(tx)),
        await _group_dead(tx, backlog_queries.DELIVERIES),
        await _group_dead(tx, backlog_queries.INBOX),
        await list_unreachable(tx),
        tuple((kind, count) for kind, count, _ in await job_queries.count_unknown(tx, jobs.KINDS)),
        tuple(RetriedDeliveries(*row) for row in await backlog_queries.list_retried(tx)),
        await load_failing_mails(tx),
    )


async def load_failing_mails(tx: ReadTx) -> FailingMails:
    """Return how many mails failed and are tried again, and why."""
    return FailingMails(*await backlog_queries.load_failing_jobs(tx, jobs.MAIL_KINDS))


async def list_unreachable(tx: ReadTx) -> tuple[UnreachablePeer, ...]:
    """Return unreachable peers, those longest unreachable first."""
    return tuple(
        UnreachablePeer(row, waiting) for row, waiting in await peer_queries.list_unreachable(tx, MAX_PEERS)
    )


async def _group_dead(tx: ReadTx, queue: str) -> tuple[DeadActivities, ...]:
    """Return dead activities by host, the latest first."""
    by_host: dict[str, DeadActivities] = {}
    for _, host, body, error, at in await backlog_queries.list_dead_activities(tx, queue):
        group = by_host.get(host) or DeadActivities(host, 0, error, at, ())
        examples = (*group.what, _describe_activity(body)) if len(group.what) < MAX_EXAMPLES else group.what
        by_host[host] = DeadActivities(host, group.count + 1, group.error, group.at, examples)
    return tuple(by_host.values())


def _describe_activity(body: bytes) -> str:
    """Return type and object of an activity as a short text."""
    try:
        activity = _decode_activity(body)
    except (msgspec.DecodeError, RecursionError):
        return "?"
    object_id = (
        activity.object
        if isinstance(activity.object, str)
        else activity.object.get("id", activity.object.get("type", ""))
    )
    return f"{activity.type} {object_id}"[:200]


async def retry(tx: Tx, queue: str, host: str = "", job_id: int = 0) -> None:
    """Retry dead entries: of a host (queues `deliveries` and `inbox`), or one job (`tasks`)."""
    await backlog_queries.retry(tx, queue, host, job_id)
    if queue == backlog_queries.DELIVERIES:
        # Who asks for it by hand knows more than the circuit.
        await peer_queries.clear_retry_time(tx, host)
    tx.emit(f"{queue}.due")


async def discard(tx: Tx, member: MemberRow, queue: str, host: str = "", job_id: int = 0) -> None:
    """Delete dead entries, selected as in `retry`, and record that."""
    await audit_log.record(tx, member, "queue.discard", target=host or f"{queue}:{job_id}", reason=queue)
    await backlog_queries.delete_dead(tx, queue, host, job_id)


async def discard_deliveries(tx: Tx, member: MemberRow, host: str) -> None:
    """Delete all deliveries to a peer, also those that wait for another attempt, and record that."""
    await audit_log.record(tx, member, "queue.discard", target=host, reason=backlog_queries.DELIVERIES)
    await backlog_queries.delete_deliveries(tx, host)


async def retry_peer(tx: Tx, host: str) -> None:
    """Contact an unreachable peer at once, instead of at the next step of its circuit."""
    await peer_queries.clear_retry_time(tx, host)
    await delivery_queries.retry_host(tx, host)
    tx.emit("deliveries.due")
