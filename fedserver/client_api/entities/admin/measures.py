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
    """A number of bytes for people."""
    amount, place = float(number), 0
    while amount >= 1024 and place < len(SIZE_UNITS) - 1:
        amount, place = amount / 1024, place + 1
    return f"{number} Bytes" if not place else f"{amount:.3g} {SIZE_UNITS[place]}"


def render_admin_measure(found: measures.Measure) -> AdminMeasure:
    """A measure by day."""
    sized = found.name in MEASURES_IN_BYTES
    return AdminMeasure(
        key=found.name,
        unit="bytes" if sized else None,
        total=str(found.total),
        human_value=format_size(found.total) if sized else UNSET,
        previous_total=str(found.previous_total),
        data=[MeasureData(to_iso(day * DAY_MS), str(amount)) for day, amount in found.days],
    )


def render_admin_dimension(name: str, entries: list[dimensions.DimensionEntry]) -> AdminDimension:
    """A dimension, the largest first."""
    return AdminDimension(name, [_render_dimension_entry(name, each) for each in entries])


def _render_dimension_entry(name: str, entry: dimensions.DimensionEntry) -> DimensionData:
    if entry.unit:
        human = format_size(int(entry.amount))
        return DimensionData(entry.key, entry.name, entry.amount, entry.unit, human)
    human_value = entry.amount if name == "software_versions" else UNSET
    return DimensionData(entry.key, entry.name, entry.amount, UNSET, human_value)


def render_admin_cohort(found: measures.Cohort) -> AdminCohort:
    """What became of those who joined together."""
    data = [CohortData(to_iso(each.start * DAY_MS), each.rate, str(each.amount)) for each in found.buckets]
    return AdminCohort(to_iso(found.start * DAY_MS), found.unit, data)
