"""Rows of jobs, deliveries, received activities and queues."""

from msgspec import Struct


class JobRow(Struct, frozen=True, gc=False):
    """A job in the queue."""

    id: int
    kind: str
    payload: str
    dedupe: str | None
    run_at: int
    leased_until: int
    attempts: int
    dead_at: int | None
    error: str


class DocumentRow(Struct, frozen=True, gc=False):
    """An activity to deliver, rendered once."""

    id: int
    uri: str
    account_id: int
    body: bytes
    digest: str
    at: int
    synchronizes: bool = False


class DeliveryRow(Struct, frozen=True, gc=False):
    """One POST to one inbox."""

    id: int
    document_id: int
    host: str
    inbox_uri: str
    lane: str
    run_at: int
    leased_until: int
    attempts: int
    dead_at: int | None
    error: str
    subject: str = ""


class InboxItemRow(Struct, frozen=True, gc=False):
    """An activity answered with 202 that waits to be processed."""

    id: int
    actor_uri: str
    activity_uri: str
    signer_uri: str
    host: str
    target_id: int | None
    body: bytes
    received_at: int
    run_at: int
    leased_until: int
    attempts: int
    dead_at: int | None
    error: str


class QueueRow(Struct, frozen=True, gc=False):
    """The depth of a queue. `oldest_due_at` is the moment (ms UTC) since which the oldest item is due.

    `silent`, of deliveries: how many peers do not answer, and how many deliveries wait for them. `unknown`,
    of jobs: how many are of a kind that this version does not know; they count neither as due nor as waiting.
    """

    due: int
    waiting: int
    dead: int
    oldest_due_at: int | None
    silent: tuple[int, int] | None = None
    unknown: int = 0
