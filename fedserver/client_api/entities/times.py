"""Times as clients read them."""

from __future__ import annotations

from datetime import UTC, datetime

DAY = 86_400_000


def iso(moment: int) -> str:
    """Milliseconds UTC as ISO 8601 with milliseconds and `Z`."""
    return (
        datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def iso_or_none(moment: int | None) -> str | None:
    return None if moment is None else iso(moment)


def day(moment: int | None) -> str | None:
    """A date, where Mastodon gives one."""
    return None if moment is None else datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()


def midnight(moment: int) -> str:
    """The beginning of a day."""
    return iso(moment // DAY * DAY)
