"""Figures about the node by day, for admins.

See docs.joinmastodon.org/methods/admin/measures and …/retention.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from addresses.hosts import normalize_host
from fedserver.domain.auth.member_activity import to_month
from fedserver.domain.kernel.errors import InvalidError
from storage.engine import ReadTx
from storage.queries.auth import member_activity as member_activity_queries
from storage.queries.metrics import measures as measure_queries

DAY_MS = 86_400_000
# Three years by day; cohorts compare every day with every later one, so their spans are shorter.
MAX_DAYS, MAX_COHORT_DAYS, MAX_MONTHS = 1_100, 92, 60
NAMES = tuple(measure_queries.STATEMENTS)


class Span(Struct, frozen=True):
    """A span of whole days (since 1970, UTC), both ends included."""

    first: int
    last: int

    @property
    def days(self) -> int:
        return self.last - self.first + 1


class MeasureSubject(Struct, frozen=True):
    """The hashtag or peer that a measure or dimension is about, if it needs one."""

    tag_id: int | None = None
    domain: str | None = None


class Measure(Struct, frozen=True):
    """A measure: values by day, their total, and the total of as many days before."""

    name: str
    total: int
    previous_total: int
    days: tuple[tuple[int, int], ...]


class Bucket(Struct, frozen=True):
    """Activity of a cohort in a day or month; `start` is its first day."""

    start: int
    rate: float
    amount: int


class Cohort(Struct, frozen=True):
    """Members who joined in one day or month, and how many of them stayed active."""

    start: int
    unit: str  # day, month
    buckets: tuple[Bucket, ...]


def to_span(start: int, end: int, max_days: int = MAX_DAYS) -> Span:
    """Return the days from one moment to another (ms UTC). Raises InvalidError."""
    span = Span(start // DAY_MS, end // DAY_MS)
    if span.days < 1:
        raise InvalidError("end_at", "is before it starts")
    if span.days > max_days:
        raise InvalidError("end_at", f"is more than {max_days} days after the start")
    return span


def to_params(name: str, subject: MeasureSubject) -> dict[str, int | str]:
    """Return the parameters for the subject of a measure.

    Raises InvalidError if a required one is missing.
    """
    if name.startswith("tag_"):
        if subject.tag_id is None:
            raise InvalidError(f"{name}[id]", "can't be blank", "ERR_BLANK")
        return {"tag_id": subject.tag_id}
    if name.startswith("instance_"):
        if not subject.domain:
            raise InvalidError(f"{name}[domain]", "can't be blank", "ERR_BLANK")
        return {"domain": normalize_host(subject.domain) or subject.domain}
    return {}


async def load_measure(tx: ReadTx, name: str, span: Span, subject: MeasureSubject) -> Measure:
    """Return a measure of NAMES, in one statement. Raises InvalidError."""
    start, end = span.first * DAY_MS, (span.last + 1) * DAY_MS
    amounts = await measure_queries.load(
        tx, name, first=start - span.days * DAY_MS, start=start, end=end, **to_params(name, subject)
    )
    return Measure(
        name,
        amounts.get(measure_queries.TOTAL, 0),
        amounts.get(measure_queries.PREVIOUS_TOTAL, 0),
        tuple((day, amounts.get(day, 0)) for day in range(span.first, span.last + 1)),
    )


async def list_cohorts(tx: ReadTx, start: int, end: int, unit: str) -> list[Cohort]:
    """Return the cohorts of a span by `day` or `month`, in two statements. Raises InvalidError."""
    starts = _list_starts(start, end, unit)
    bounds = (starts[0] * DAY_MS, max((end // DAY_MS + 1) * DAY_MS, starts[-1] * DAY_MS + DAY_MS))
    joined = await member_activity_queries.count_joined(tx, *bounds)
    sizes: dict[int, int] = {}
    for day, amount in joined.items():
        sizes[_to_bucket(day, unit)] = sizes.get(_to_bucket(day, unit), 0) + amount
    active: dict[tuple[int, int], int] = {}
    for day, bucket, amount in await member_activity_queries.count_active(tx, unit, *bounds):
        key = (_to_bucket(day, unit), bucket)
        active[key] = active.get(key, 0) + amount
    return [_build_cohort(first, starts[index:], unit, sizes, active) for index, first in enumerate(starts)]


def _build_cohort(
    first: int, starts: Sequence[int], unit: str, sizes: dict[int, int], active: dict[tuple[int, int], int]
) -> Cohort:
    cohort = _to_bucket(first, unit)
    size = sizes.get(cohort, 0)
    amounts = [(start, active.get((cohort, _to_bucket(start, unit)), 0)) for start in starts]
    buckets = (Bucket(start, amount / size if size else 0.0, amount) for start, amount in amounts)
    return Cohort(first, unit, tuple(buckets))


def _to_bucket(day: int, unit: str) -> int:
    return day if unit == "day" else to_month(day * DAY_MS)


def _list_starts(start: int, end: int, unit: str) -> list[int]:
    """Return the first days of the buckets between two moments (ms UTC)."""
    if unit == "day":
        span = to_span(start, end, MAX_COHORT_DAYS)
        return list(range(span.first, span.last + 1))
    span = to_span(start, end, MAX_MONTHS * 31)
    months: dict[int, int] = {}
    for day in range(span.first, span.last + 1):
        months.setdefault(to_month(day * DAY_MS), day)
    first_month = min(months)
    first = months[first_month]
    while to_month((first - 1) * DAY_MS) == first_month:
        first -= 1
    months[first_month] = first
    return list(months.values())
