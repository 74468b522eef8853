"""The checks of the node that a moderator asked for: requested, run by a job, and shown in the console."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct, structs

from fedserver.domain.kernel import jobs
from storage.engine import ReadTx, Tx
from storage.queries.kernel import settings as setting_queries

SETTING = "health"
# A run takes a minute or two. One that is older than this was lost, as with a worker that is not running.
MAX_RUN_MS = 600_000


class CheckResult(Struct, frozen=True):
    """The result of a check, by its name; the problem is one sentence, '' for none."""

    name: str
    problem: str = ""


class HealthReport(Struct, frozen=True):
    """The last run of all checks; times are ms UTC, 0 for never."""

    requested_at: int = 0
    finished_at: int = 0
    results: tuple[CheckResult, ...] = ()

    @property
    def is_pending(self) -> bool:
        """True from the request until the results are there."""
        return self.requested_at > self.finished_at

    @property
    def problem_count(self) -> int:
        """How many checks found a problem."""
        return sum(bool(result.problem) for result in self.results)


_decode = msgspec.json.Decoder(HealthReport).decode
_encode = msgspec.json.Encoder().encode


async def load(tx: ReadTx) -> HealthReport:
    """Return the last results."""
    stored = await setting_queries.find(tx, SETTING)
    return _decode(stored) if stored is not None else HealthReport()


async def request(tx: Tx, locale: str) -> None:
    """Have all checks run, unless that was requested a moment ago; problems are worded in `locale`."""
    report = await load(tx)
    if report.is_pending and report.requested_at > tx.now - MAX_RUN_MS:
        return
    await _save(tx, structs.replace(report, requested_at=tx.now))
    await jobs.enqueue(tx, jobs.CheckNode(locale), dedupe=jobs.kind_of(jobs.CheckNode))


async def store_results(tx: Tx, results: Iterable[CheckResult]) -> None:
    """Store the results of a run."""
    report = await load(tx)
    # A moment later than the request even where clocks are coarse.
    finished_at = max(tx.now, report.requested_at)
    await _save(tx, HealthReport(report.requested_at, finished_at, tuple(results)))


async def _save(tx: Tx, report: HealthReport) -> None:
    await setting_queries.set_value(tx, SETTING, _encode(report).decode())
