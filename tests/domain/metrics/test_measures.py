"""Measures by day and cohorts of members."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fedserver.domain.auth import member_activity, members
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.metrics import measures
from fedserver.domain.metrics.measures import DAY_MS, MeasureSubject, Span
from storage.engine import Database
from tests.kit.clock import Clock
from tests.kit.people import new_keys


async def create_member(database: Database, here: NodeContext, name: str) -> int:
    async with database.write() as tx:
        member, _ = await members.create_approved(tx, here, name, f"{name}@mail.test", "hash", new_keys())
        return member.id


def test_span_includes_both_days_and_is_limited() -> None:
    assert measures.to_span(5 * DAY_MS + 1, 6 * DAY_MS) == Span(5, 6)
    assert measures.to_span(5 * DAY_MS, 5 * DAY_MS).days == 1
    for start, end in ((DAY_MS, DAY_MS - 1), (0, measures.MAX_DAYS * DAY_MS)):
        with pytest.raises(InvalidError):
            measures.to_span(start, end)


@pytest.mark.parametrize("name", ["tag_uses", "instance_accounts"])
def test_measure_without_its_subject_is_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        measures.to_params(name, MeasureSubject())


async def test_measure_counts_days_total_and_the_span_before(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    day = clock.now // DAY_MS
    for name, days in (("ann", 1), ("bob", 0), ("eve", 1)):
        await create_member(database, here, name)
        clock.forward(days=days)
    async with database.read() as tx:
        measure = await measures.load_measure(tx, "new_users", Span(day + 1, day + 2), MeasureSubject())
    assert measure.days == ((day + 1, 2), (day + 2, 0))
    assert (measure.total, measure.previous_total) == (2, 1)


async def test_cohorts_follow_members_from_the_day_they_joined(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    start = clock.now
    ann, _ = [await create_member(database, here, name) for name in ("ann", "bob")]
    clock.forward(days=1)
    async with database.write() as tx:
        await member_activity.record_activity(tx, ann)
    async with database.read() as tx:
        first, second = await measures.list_cohorts(tx, start, clock.now, "day")
    assert [(bucket.amount, bucket.rate) for bucket in first.buckets] == [(0, 0.0), (1, 0.5)]
    assert [(bucket.amount, bucket.rate) for bucket in second.buckets] == [(0, 0.0)]


async def test_monthly_cohorts_begin_on_the_first_of_the_month(database: Database) -> None:
    start, end = (int(datetime(2026, *date, tzinfo=UTC).timestamp() * 1000) for date in ((1, 15), (3, 2)))
    async with database.read() as tx:
        cohorts = await measures.list_cohorts(tx, start, end, "month")
    begins = [datetime.fromtimestamp(cohort.start * DAY_MS / 1000, UTC) for cohort in cohorts]
    assert [(begin.month, begin.day) for begin in begins] == [(1, 1), (2, 1), (3, 1)]
    assert [len(cohort.buckets) for cohort in cohorts] == [3, 2, 1]
