"""Admin::Measure, Admin::Dimension, Admin::Cohort (docs.joinmastodon.org/entities/Admin_Measure …)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.times import iso
from fedserver.domain.metrics import dimensions, measures

DAY = 86_400_000
BYTES = ("instance_media_attachments",)
SIZES = ("Bytes", "KB", "MB", "GB", "TB", "PB")


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


def human_size(number: int) -> str:
    """A number of bytes for people."""
    amount, place = float(number), 0
    while amount >= 1024 and place < len(SIZES) - 1:
        amount, place = amount / 1024, place + 1
    return f"{number} Bytes" if not place else f"{amount:.3g} {SIZES[place]}"


def admin_measure(found: measures.Measure) -> AdminMeasure:
    """A measure by day."""
    sized = found.name in BYTES
    return AdminMeasure(
        key=found.name,
        unit="bytes" if sized else None,
        total=str(found.total),
        human_value=human_size(found.total) if sized else UNSET,
        previous_total=str(found.before),
        data=[MeasureData(iso(day * DAY), str(amount)) for day, amount in found.days],
    )


def admin_dimension(name: str, entries: list[dimensions.Entry]) -> AdminDimension:
    """A dimension, the largest first."""
    return AdminDimension(name, [_entry(name, each) for each in entries])


def _entry(name: str, entry: dimensions.Entry) -> DimensionData:
    if entry.unit:
        human = human_size(int(entry.amount))
        return DimensionData(entry.key, entry.name, entry.amount, entry.unit, human)
    human_value = entry.amount if name == "software_versions" else UNSET
    return DimensionData(entry.key, entry.name, entry.amount, UNSET, human_value)


def admin_cohort(found: measures.Cohort) -> AdminCohort:
    """What became of those who joined together."""
    data = [CohortData(iso(each.start * DAY), each.rate, str(each.amount)) for each in found.buckets]
    return AdminCohort(iso(found.start * DAY), found.unit, data)
