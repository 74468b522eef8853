"""Mail that fails is told at once: in the log, the metrics, on the page of queues, by `fedserver check`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from fedserver.config import MailConfig
from fedserver.domain.kernel import jobs, mails
from fedserver.domain.metrics import backlog
from fedserver.jobs.backoff import MAX_ATTEMPTS
from fedserver.runtime.checks.registry import find_problem
from fedserver.runtime.checks.services import check_mail_queue
from fedserver.runtime.checks.surroundings import Surroundings
from tests.kit.metrics import read_value
from tests.kit.nodes import Start, TestNode
from tests.kit.smtp import SmtpServer, run_smtp_server
from tests.kit.visitors import Visitor

REFUSAL = "550 no such person"
JOBS = [
    jobs.SendMail("ann@mail.test", "Hi", "text"),
    jobs.ComposeMail("ann@mail.test", mails.AlreadyMember()),
    jobs.SendSecurityNotice("ann@mail.test", "off"),
]


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with run_smtp_server() as running:
        yield running


async def _start(start: Start, server: SmtpServer) -> TestNode:
    return await start(
        "alpha.test",
        mail=MailConfig(host="127.0.0.1", port=server.port, sender="node@alpha.test", tls="none"),
    )


async def _enqueue(node: TestNode, job: jobs.Job) -> None:
    async with node.db.write() as tx:
        await jobs.enqueue(tx, job)


def _count(node: TestNode, outcome: str) -> float:
    return read_value(node.node.services.metrics.mails, outcome)


async def _read_queue_page(node: TestNode) -> str:
    visitor = Visitor(node)
    await visitor.log_in("ada")
    return (await visitor.open("/admin/queue")).text


@pytest.mark.parametrize("job", JOBS, ids=lambda job: type(job).__name__)
async def test_mail_that_is_refused_is_logged_and_counted_at_the_first_attempt(
    start: Start, server: SmtpServer, job: jobs.Job
) -> None:
    node = await _start(start, server)
    server.refuses = True
    await _enqueue(node, job)
    with capture_logs() as logs:
        await node.settle()
    [line] = [line for line in logs if line["event"] == "mail_failed"]
    assert (line["log_level"], line["kind"], line["attempt"]) == ("warning", jobs.kind_of(type(job)), 1)
    assert line["reason"] == f"127.0.0.1: {REFUSAL}"
    assert "exc_info" not in line, "a mail server that refuses is no error of the program"
    assert (_count(node, "failed"), _count(node, "sent")) == (1, 0)


async def test_mail_that_cannot_connect_is_logged_and_counted(start: Start, server: SmtpServer) -> None:
    node = await start("alpha.test", mail=MailConfig(host="127.0.0.1", port=9, sender="n@a.test", tls="none"))
    await _enqueue(node, JOBS[0])
    with capture_logs() as logs:
        await node.settle()
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["mail_failed"]
    assert _count(node, "failed") == 1


async def test_failing_mail_stands_on_the_page_of_queues_and_in_the_check_until_it_is_sent(
    start: Start, server: SmtpServer
) -> None:
    node = await _start(start, server)
    await node.create_member("ada", "admin")
    server.refuses = True
    for job in JOBS[:2]:
        await _enqueue(node, job)
    assert "Mail that cannot be sent" not in await _read_queue_page(node)
    await node.settle()
    page = await _read_queue_page(node)
    assert "Mail that cannot be sent" in page
    assert "2 mails failed and are tried again." in page
    assert REFUSAL in page
    assert "Everything is working" not in page
    problem = await find_problem(check_mail_queue, Surroundings(node.site.config))
    assert problem.startswith("2 mails could not be sent")
    assert REFUSAL in problem

    server.refuses = False
    node.clock.forward(hours=1)
    await node.settle()
    assert (_count(node, "failed"), _count(node, "sent")) == (2, 2)
    assert "Everything is working" in await _read_queue_page(node)
    assert await find_problem(check_mail_queue, Surroundings(node.site.config)) == ""


async def test_mail_that_always_fails_is_logged_at_each_attempt_and_then_given_up(
    start: Start, server: SmtpServer
) -> None:
    node = await _start(start, server)
    server.refuses = True
    await _enqueue(node, JOBS[0])
    with capture_logs() as logs:
        for _ in range(MAX_ATTEMPTS):
            await node.settle()
            node.clock.forward(hours=24)
    attempts = [line["attempt"] for line in logs if line["event"] == "mail_failed"]
    assert attempts == list(range(1, MAX_ATTEMPTS + 1))
    assert _count(node, "failed") == MAX_ATTEMPTS
    [line] = [line for line in logs if line["event"] == "task_given_up"]
    assert REFUSAL in line["reason"]
    async with node.db.read() as tx:
        health = await backlog.load_health(tx)
    assert health.failing_mails.count == 0
    assert [(kind, REFUSAL in error) for _, kind, error, _ in health.dead_tasks] == [("send_mail", True)]
