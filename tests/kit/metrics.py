"""What a node counted."""

from __future__ import annotations

from prometheus_client import Counter, Histogram


def read_value(metric: Counter | Histogram, *labels: str) -> float:
    """Return the count of a counter, or the sum of a histogram, for these labels."""
    (family,) = metric.labels(*labels).collect()
    return next(sample.value for sample in family.samples if sample.name.endswith(("_total", "_sum")))
