"""Numbers about the node by day, for those who look after it.

docs.joinmastodon.org/methods/admin/measures, …/retention
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.auth.member_activity import month_of
from fedserver.domain.kernel.errors import Invalid
from storage.engine import Tx
from storage.queries.auth import member_activity as member_activity_queries
from storage.queries.metrics import measures as measure_queries

DAY = 86_400_000
MOST_DAYS, MOST_DAYS_OF_COHORTS, MOST_MONTHS = 1_100, 92, 60
NAMES = tuple(measure_queries.STATEMENTS)


class Span(Struct, frozen=True):
    """Whole days (since 1970, UTC), both included."""

    first: int
    last: int

    @property
    def days(self) -> int:
        return self.last - self.first + 1


class Subject(Struct, frozen=True):
    """What a measure or a dimension is about: a hashtag or a peer, for those that need one."""

    tag_id: int | None = None
    domain: str | None = None


class Measure(Struct, frozen=True):
    """Amounts by day, their total, and that of as many days before."""

    name: str
    total: int
    before: int
    days: tuple[tuple[int, int], ...]


class Bucket(Struct, frozen=True):
    """How many of a cohort were active in a day or month; `start` is its first day."""

    start: int
    rate: float
    amount: int


class Cohort(Struct, frozen=True):
    """Those who joined in a day or month, and what became of them."""

    start: int
    unit: str  # day, month
    buckets: tuple[Bucket, ...]


def span(start: int, end: int, most: int = MOST_DAYS) -> Span:
    """The days from one moment to another (ms UTC). Raises Invalid."""
    found = Span(start // DAY, end // DAY)
    if found.days < 1:
        raise Invalid("end_at", "is before it starts")
    if found.days > most:
        raise Invalid("end_at", f"is more than {most} days after the start")
    return found


def params_of(name: str, subject: Subject) -> dict[str, int | str]:
    """What the statement of a measure or dimension is about. Raises Invalid if it is not said."""
    if name.startswith("tag_"):
        if subject.tag_id is None:
            raise Invalid(f"{name}[id]", "can't be blank", "ERR_BLANK")
        return {"tag_id": subject.tag_id}
    if name.startswith("instance_"):
        if not subject.domain:
            raise Invalid(f"{name}[domain]", "can't be blank", "ERR_BLANK")
        return {"domain": subject.domain.strip().lower()}
    return {}


async def measure(tx: Tx, name: str, over: Span, subject: Subject) -> Measure:
    """One of NAMES: one statement, whatever the span. Raises Invalid."""
    start, end = over.first * DAY, (over.last + 1) * DAY
    found = await measure_queries.load(
        tx, name, first=start - over.days * DAY, start=start, end=end, **params_of(name, subject)
    )
    return Measure(
        name,
        found.get(measure_queries.TOTAL, 0),
        found.get(measure_queries.BEFORE, 0),
        tuple((day, found.get(day, 0)) for day in range(over.first, over.last + 1)),
    )


async def cohorts(tx: Tx, start: int, end: int, unit: str) -> list[Cohort]:
    """What became of those who joined in each `day` or `month` of a span: two statements. Raises Invalid."""
    starts = _starts(start, end, unit)
    bounds = (starts[0] * DAY, max((end // DAY + 1) * DAY, starts[-1] * DAY + DAY))
    joined = await member_activity_queries.joined(tx, *bounds)
    sizes: dict[int, int] = {}
    for day, amount in joined.items():
        sizes[_bucket(day, unit)] = sizes.get(_bucket(day, unit), 0) + amount
    active: dict[tuple[int, int], int] = {}
    for day, bucket, amount in await member_activity_queries.active(tx, unit, *bounds):
        place = (_bucket(day, unit), bucket)
        active[place] = active.get(place, 0) + amount
    return [_cohort(first, starts[place:], unit, sizes, active) for place, first in enumerate(starts)]


def _cohort(
    first: int, starts: Sequence[int], unit: str, sizes: dict[int, int], active: dict[tuple[int, int], int]
) -> Cohort:
    mine = _bucket(first, unit)
    size = sizes.get(mine, 0)
    amounts = [(start, active.get((mine, _bucket(start, unit)), 0)) for start in starts]
    buckets = (Bucket(start, amount / size if size else 0.0, amount) for start, amount in amounts)
    return Cohort(first, unit, tuple(buckets))


def _bucket(day: int, unit: str) -> int:
    return day if unit == "day" else month_of(day * DAY)


def _starts(start: int, end: int, unit: str) -> list[int]:
    """The first days of the buckets from one moment to another."""
    if unit == "day":
        over = span(start, end, MOST_DAYS_OF_COHORTS)
        return list(range(over.first, over.last + 1))
    over = span(start, end, MOST_MONTHS * 31)
    months: dict[int, int] = {}
    for day in range(over.first, over.last + 1):
        months.setdefault(month_of(day * DAY), day)
    first_month = min(months)
    first = months[first_month]
    while month_of((first - 1) * DAY) == first_month:
        first -= 1
    months[first_month] = first
    return list(months.values())
