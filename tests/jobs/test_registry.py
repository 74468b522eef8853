"""The registry of jobs is complete: every type has one queue and one handler, in every version."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

import fedserver
from fedserver.domain.kernel import jobs, mails
from fedserver.jobs.mails.compose import RENDERERS
from fedserver.jobs.registry import HANDLERS, KINDS_BY_QUEUE, QUEUES


def list_subclasses(base: type) -> Iterator[type]:
    for subclass in base.__subclasses__():
        yield subclass
        yield from list_subclasses(subclass)


def test_every_type_of_job_has_exactly_one_entry() -> None:
    assert set(HANDLERS) == set(list_subclasses(jobs.Job))
    kinds = [kind for queue in QUEUES for kind in KINDS_BY_QUEUE[queue]]
    assert len(kinds) == len(set(kinds)) == len(HANDLERS)
    assert set(kinds) == jobs.KINDS


def test_every_type_of_job_can_be_decoded() -> None:
    for package in pkgutil.walk_packages(fedserver.__path__, "fedserver."):
        if package.name.startswith(("fedserver.domain.", "fedserver.federation.", "fedserver.jobs.")):
            importlib.import_module(package.name)
    assert set(jobs.JOB_TYPES) == set(list_subclasses(jobs.Job)), "all are defined in kernel/jobs.py"


@pytest.mark.parametrize("job_type", HANDLERS, ids=lambda job_type: job_type.__name__)
def test_handler_has_a_known_queue_and_the_parameters_its_worker_passes(job_type: type[jobs.Job]) -> None:
    handler = HANDLERS[job_type]
    assert handler.queue in QUEUES
    assert inspect.iscoroutinefunction(handler.run)
    names = list(inspect.signature(handler.run).parameters)
    third = ["lease"] if handler.is_transactional else ["vapid"] if handler.queue == "push" else []
    assert names == ["services", "job", *third]


def test_every_mail_has_a_renderer() -> None:
    assert set(RENDERERS) == set(list_subclasses(mails.MailContent))


@pytest.mark.parametrize(
    ("payload", "job"),
    [
        (
            {"kind": "send_mail", "to": "a@mail.test", "subject": "Hi", "text": "Text"},
            jobs.SendMail("a@mail.test", "Hi", "Text"),
        ),
        (
            {"kind": "tell_of_change", "to": "a@mail.test", "change": "off"},
            jobs.SendSecurityNotice("a@mail.test", "off"),
        ),
        (
            {"kind": "mail_subscriber", "subscription_id": 1, "since_id": 2, "until_id": 3},
            jobs.SendPostMail(1, 2, 3),
        ),
        ({"kind": "carry_over", "account_id": 1, "target_id": 2}, jobs.TransferRelationships(1, 2)),
    ],
)
def test_jobs_of_earlier_versions_are_decoded(payload: dict[str, Any], job: jobs.Job) -> None:
    assert jobs.decode(msgspec.json.encode(payload).decode()) == job
