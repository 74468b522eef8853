"""Times as clients read them."""

from __future__ import annotations

from datetime import UTC, datetime

DAY_MS = 86_400_000


def to_iso(moment: int) -> str:
    """Milliseconds UTC as ISO 8601 with milliseconds and `Z`."""
    return (
        datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def to_iso_or_none(moment: int | None) -> str | None:
    return None if moment is None else to_iso(moment)


def to_date(moment: int | None) -> str | None:
    """A date, where Mastodon gives one."""
    return None if moment is None else datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()


def to_midnight_iso(moment: int) -> str:
    """The beginning of a day."""
    return to_iso(moment // DAY_MS * DAY_MS)
