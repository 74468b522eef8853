"""The checks of the node that the console asks for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fedserver.domain.kernel import jobs
from fedserver.domain.metrics import health
from fedserver.jobs.lease import JobLease
from fedserver.runtime.checks.registry import find_problem, list_checks
from fedserver.runtime.checks.surroundings import Surroundings
from fedserver.runtime.services import Services
from fedserver.text.locales import use_locale
from storage.engine import Database


async def check_node(services: Services, job: jobs.CheckNode, lease: JobLease) -> None:
    """Run all checks and store what they found. Nothing waits for them but the page that shows them."""
    results = await lease.hold(_run_checks(services, job.locale))
    async with services.db.write() as tx:
        await health.store_results(tx, results)
        await lease.finish(tx)


async def _run_checks(services: Services, locale: str) -> list[health.CheckResult]:
    @asynccontextmanager
    async def use_database() -> AsyncIterator[Database]:
        yield services.db

    surroundings = Surroundings(services.site.config, services.db.clock, use_database)
    with use_locale(locale):
        return [
            health.CheckResult(name, await find_problem(run, surroundings)) for name, _, run in list_checks()
        ]
