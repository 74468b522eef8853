"""Admin::Measure, Admin::Dimension, Admin::Cohort (docs.joinmastodon.org/entities/Admin_Measure …)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.times import to_iso
from fedserver.domain.metrics import dimensions, measures

DAY_MS = 86_400_000
MEASURES_IN_BYTES = ("instance_media_attachments",)
SIZE_UNITS = ("Bytes", "KB", "MB", "GB", "TB", "PB")


class MeasureData(Struct, frozen=True):
    date: str
    value: str


class AdminMeasure(Struct, frozen=True, kw_only=True):
    key: str
    unit: str | None
    total: str
    human_value: str | UnsetType = UNSET
    previous_total: str
    data: list[MeasureData]


class DimensionData(Struct, frozen=True):
    key: str
    human_key: str
    value: str
    unit: str | UnsetType = UNSET
    human_value: str | UnsetType = UNSET


class AdminDimension(Struct, frozen=True):
    key: str
    data: list[DimensionData]


class CohortData(Struct, frozen=True):
    date: str
    rate: float
    value: str


class AdminCohort(Struct, frozen=True):
    period: str
    frequency: str
    data: list[CohortData]


def format_size(number: int) -> str:
    """Return a number of bytes in the largest fitting unit, such as "1.5 MB"."""
    amount, unit = float(number), 0
    while amount >= 1024 and unit < len(SIZE_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{number} Bytes" if not unit else f"{amount:.3g} {SIZE_UNITS[unit]}"


def render_admin_measure(measure: measures.Measure) -> AdminMeasure:
    """Return a measure with its value of each day."""
    in_bytes = measure.name in MEASURES_IN_BYTES
    return AdminMeasure(
        key=measure.name,
        unit="bytes" if in_bytes else None,
        total=str(measure.total),
        human_value=format_size(measure.total) if in_bytes else UNSET,
        previous_total=str(measure.previous_total),
        data=[MeasureData(to_iso(day * DAY_MS), str(amount)) for day, amount in measure.days],
    )


def render_admin_dimension(name: str, entries: list[dimensions.DimensionEntry]) -> AdminDimension:
    """Return a dimension with its entries, the largest first."""
    return AdminDimension(name, [_render_dimension_entry(name, entry) for entry in entries])


def _render_dimension_entry(name: str, entry: dimensions.DimensionEntry) -> DimensionData:
    if entry.unit:
        size = format_size(int(entry.amount))
        return DimensionData(entry.key, entry.name, entry.amount, entry.unit, size)
    human_value = entry.amount if name == "software_versions" else UNSET
    return DimensionData(entry.key, entry.name, entry.amount, UNSET, human_value)


def render_admin_cohort(cohort: measures.Cohort) -> AdminCohort:
    """Return how many of those who joined in one day or month stayed."""
    data = [
        CohortData(to_iso(bucket.start * DAY_MS), bucket.rate, str(bucket.amount))
        for bucket in cohort.buckets
    ]
    return AdminCohort(to_iso(cohort.start * DAY_MS), cohort.unit, data)
