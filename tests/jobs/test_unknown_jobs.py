"""Jobs of another version, and jobs that cannot be read: nothing is lost, and admins see it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from fedserver.domain.kernel import jobs
from fedserver.domain.metrics import backlog
from fedserver.jobs import registry
from fedserver.jobs.registry import KINDS_BY_QUEUE, QUEUES
from storage.queries.kernel import jobs as job_queries
from storage.tables.kernel import tasks
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor

UNKNOWN = "water_the_plants"


async def insert_job(node: TestNode, kind: str, payload: str) -> None:
    async with node.db.write() as tx:
        await job_queries.insert(tx, kind=kind, payload=payload, run_at=tx.now, dedupe=None)
        tx.emit("tasks.due")


async def load_jobs(node: TestNode) -> list[tuple[str, int, int | None, str]]:
    """Return kind, attempts, moment of death and payload of what is in the queue."""
    statement = select(tasks.c.kind, tasks.c.attempts, tasks.c.dead_at, tasks.c.payload).order_by(tasks.c.id)
    async with node.db.read() as tx:
        return [(row[0], row[1], row[2], row[3]) for row in await tx.all(statement)]


async def test_unknown_kind_is_kept_as_it_was_however_long_it_waits(start: Start) -> None:
    node = await start("alpha.test")
    payload = f'{{"kind":"{UNKNOWN}","litres":2}}'
    await insert_job(node, UNKNOWN, payload)
    for _ in range(3):
        await node.settle()
        node.clock.forward(days=31)
    await node.settle()
    assert await load_jobs(node) == [(UNKNOWN, 0, None, payload)]


async def test_unknown_kind_wakes_no_worker(start: Start) -> None:
    node = await start("alpha.test")
    await insert_job(node, UNKNOWN, f'{{"kind":"{UNKNOWN}"}}')
    async with node.db.read() as tx:
        due = [
            await job_queries.find_next_due(tx, kinds=KINDS_BY_QUEUE[queue], waits_for_leases=waits)
            for queue in QUEUES
            for waits in (False, True)
        ]
    assert set(due) == {None}


async def test_unknown_kind_is_logged_once_with_what_to_do(start: Start) -> None:
    node = await start("alpha.test")
    for _ in range(2):
        await insert_job(node, UNKNOWN, f'{{"kind":"{UNKNOWN}"}}')
    with capture_logs() as logs:
        for _ in range(3):
            node.clock.forward(hours=2)
            await node.settle()
    [entry] = [entry for entry in logs if entry["event"] == "unknown_job_kind"]
    assert (entry["kind"], entry["count"], entry["table"]) == (UNKNOWN, 2, "tasks")
    assert "kept" in entry["hint"]


async def test_unknown_kind_is_shown_to_admins_and_is_not_late(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ada", "admin")
    await insert_job(node, UNKNOWN, f'{{"kind":"{UNKNOWN}"}}')
    node.clock.forward(days=2)
    visitor = Visitor(node)
    await visitor.log_in("ada")
    page = await visitor.open("/admin/queue")
    assert f"Unknown kind {UNKNOWN}, kept" in page.text
    assert "Everything is working" not in page.text
    async with node.db.read() as tx:
        health = await backlog.load_health(tx)
    assert health.unknown_jobs == ((UNKNOWN, 1),)
    [queue] = [queue for queue in health.queues if queue.name == "tasks"]
    assert (queue.waiting, queue.late) == (0, 0)


async def test_unknown_kind_is_counted_by_metrics(start: Start) -> None:
    node = await start("alpha.test")
    await insert_job(node, UNKNOWN, f'{{"kind":"{UNKNOWN}"}}')
    depth = (await node.node.runner.load_depths())["tasks"]
    assert (depth.unknown, depth.due, depth.waiting, depth.oldest_due_at) == (1, 0, 0, None)


async def test_kind_is_done_by_the_version_that_knows_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await start("alpha.test")
    job = jobs.RemoveFiles(("nothing",))
    kind = jobs.kind_of(job)
    known = KINDS_BY_QUEUE[registry.DEFAULT]
    older = tuple(name for name in known if name != kind)
    workers = [worker for worker in node.node.runner._workers if getattr(worker, "_kinds", None) == known]
    for worker in workers:
        monkeypatch.setattr(worker, "_kinds", older)
    async with node.db.write() as tx:
        await jobs.enqueue(tx, job)
    await node.settle()
    assert [row[0] for row in await load_jobs(node)] == [kind]
    for worker in workers:
        monkeypatch.setattr(worker, "_kinds", known)
    await node.settle()
    assert workers
    assert await load_jobs(node) == []


@pytest.mark.parametrize("kind", ["end_mute", "fetch_parent", "make_archive", "push"])
@pytest.mark.parametrize("payload", ['{"kind":"KIND","account_id":"x"}', "{"])
async def test_unreadable_payload_of_a_known_kind_is_a_dead_letter(
    start: Start, kind: str, payload: str
) -> None:
    node = await start("alpha.test")
    payload = payload.replace("KIND", kind)
    await insert_job(node, kind, payload)
    await node.settle()
    [(stored_kind, attempts, dead_at, stored_payload)] = await load_jobs(node)
    assert (stored_kind, attempts, stored_payload) == (kind, 1, payload)
    assert dead_at is not None
    async with node.db.read() as tx:
        [(_, _, error, _)] = (await backlog.load_health(tx)).dead_tasks
    assert error.startswith("not understood: ")
