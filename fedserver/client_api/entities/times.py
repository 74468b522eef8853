"""Times in the formats of Mastodon's API."""

from __future__ import annotations

from datetime import UTC, datetime

DAY_MS = 86_400_000


def to_iso(moment: int) -> str:
    """Return milliseconds UTC as ISO 8601 with milliseconds and `Z`."""
    return (
        datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def to_iso_or_none(moment: int | None) -> str | None:
    """Return milliseconds UTC as ISO 8601, None for None."""
    return None if moment is None else to_iso(moment)


def to_date(moment: int | None) -> str | None:
    """Return the date of a time (ms UTC), None for None."""
    return None if moment is None else datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()


def to_midnight_iso(moment: int) -> str:
    """Return the start of the day (UTC) of a time, as ISO 8601: Mastodon hides the hour of sign-ups."""
    return to_iso(moment // DAY_MS * DAY_MS)
