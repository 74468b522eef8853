"""The clock of a database: milliseconds since 1970 in UTC, as every time in a row is."""

from __future__ import annotations

import time


def system_clock() -> int:
    """Return the current time in milliseconds UTC."""
    return time.time_ns() // 1_000_000
