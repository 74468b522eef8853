"""The health of the queues: what waits, what was given up, which peers do not answer; and trying again."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from storage.engine import Tx
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.metrics import backlog as backlog_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.peers import PeerRow

MOST_PEERS = 100
MOST_SHOWN = 5


class Queue(Struct, frozen=True):
    """A queue: `late` is for how long (ms) the first that waits has been due."""

    name: str
    waiting: int
    given_up: int
    late: int


class Dead(Struct, frozen=True):
    """What was given up of one host: how many of the latest, why and when last; `what` are some of them."""

    host: str
    count: int
    error: str
    at: int
    what: tuple[str, ...]


class Silent(Struct, frozen=True):
    """A peer that does not answer, and how many deliveries wait for it."""

    row: PeerRow
    waiting: int


class Health(Struct, frozen=True):
    """Everything about the queues at this moment."""

    queues: tuple[Queue, ...]
    dead_tasks: tuple[tuple[int, str, str, int], ...]  # number, kind, error, moment
    dead_deliveries: tuple[Dead, ...]
    dead_inbox: tuple[Dead, ...]
    silent: tuple[Silent, ...]


class _Said(Struct):
    """What an activity tells of itself."""

    type: str = ""
    object: str | dict[str, Any] = ""


_read = msgspec.json.Decoder(_Said).decode


async def queues(tx: Tx) -> tuple[Queue, ...]:
    """What waits, in one statement."""
    return tuple(
        Queue(name, waiting, given_up, max(0, tx.now - first) if first else 0)
        for name, waiting, given_up, first in await backlog_queries.counts(tx)
    )


async def health(tx: Tx) -> Health:
    """The queues, and what is wrong with them."""
    return Health(
        await queues(tx),
        tuple(await backlog_queries.dead_tasks(tx)),
        await _dead(tx, backlog_queries.DELIVERIES),
        await _dead(tx, backlog_queries.INBOX),
        await silent(tx),
    )


async def silent(tx: Tx) -> tuple[Silent, ...]:
    """Peers that do not answer, the longest first."""
    return tuple(Silent(row, waiting) for row, waiting in await peer_queries.silent(tx, MOST_PEERS))


async def _dead(tx: Tx, queue: str) -> tuple[Dead, ...]:
    """By host, the latest first."""
    found: dict[str, Dead] = {}
    for _, host, body, error, at in await backlog_queries.dead_activities(tx, queue):
        known = found.get(host) or Dead(host, 0, error, at, ())
        what = (*known.what, _told(body)) if len(known.what) < MOST_SHOWN else known.what
        found[host] = Dead(host, known.count + 1, known.error, known.at, what)
    return tuple(found.values())


def _told(body: bytes) -> str:
    """An activity in a few words: its type, and what it is about."""
    try:
        said = _read(body)
    except (msgspec.DecodeError, RecursionError):
        return "?"
    about = (
        said.object if isinstance(said.object, str) else said.object.get("id", said.object.get("type", ""))
    )
    return f"{said.type} {about}"[:200]


async def revive(tx: Tx, queue: str, host: str = "", task_id: int = 0) -> None:
    """Try again what was given up: of a host (`deliveries`, `inbox`), or one of `tasks`."""
    await backlog_queries.revive(tx, queue, host, task_id)
    tx.emit(f"{queue}.due")


async def drop(tx: Tx, queue: str, host: str = "", task_id: int = 0) -> None:
    """Forget what was given up, as in `revive`."""
    await backlog_queries.drop(tx, queue, host, task_id)


async def try_now(tx: Tx, host: str) -> None:
    """Ask a peer at once that does not answer, instead of at the next step of its circuit."""
    await peer_queries.ask_now(tx, host)
    await delivery_queries.revive(tx, host)
    tx.emit("deliveries.due")
