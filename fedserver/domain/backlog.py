"""The health of the queues: what waits, what was given up, which peers do not answer."""

from __future__ import annotations

from msgspec import Struct

from storage import PeerRow, Tx, queries

MOST_PEERS = 100


class Queue(Struct, frozen=True):
    """A queue: `late` is for how long (ms) the first that waits has been due."""

    name: str
    waiting: int
    given_up: int
    late: int


class Health(Struct, frozen=True):
    """Everything about the queues at this moment."""

    queues: tuple[Queue, ...]
    dead_tasks: tuple[tuple[str, str, int], ...]  # kind, error, moment
    dead_deliveries: tuple[tuple[str, int, str, int], ...]  # host, how many, an error, the latest moment
    failing: tuple[PeerRow, ...]


async def queues(tx: Tx) -> tuple[Queue, ...]:
    """What waits, in one statement."""
    return tuple(
        Queue(name, waiting, given_up, max(0, tx.now - first) if first else 0)
        for name, waiting, given_up, first in await queries.backlog.counts(tx)
    )


async def health(tx: Tx) -> Health:
    """The queues, and what is wrong with them."""
    return Health(
        await queues(tx),
        tuple(await queries.backlog.dead_tasks(tx)),
        tuple(await queries.backlog.dead_deliveries(tx)),
        tuple(await queries.peers.failing(tx, MOST_PEERS)),
    )
