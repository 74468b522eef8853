"""The filters of the search page, as the operators that people could also type."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from addresses.handles import parse_handle
from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.locales import gettext

MAX_HANDLE = 300  # characters


class SearchFilters(Protocol):
    """The fields of the form: a handle, days (ISO 8601), and whether only posts with pictures are wanted."""

    @property
    def by(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def pictures(self) -> bool: ...


def to_operators(filters: SearchFilters) -> tuple[str, InvalidError | None]:
    """Return the operators, and what is wrong with a field that cannot be one."""
    operators = []
    handle = filters.by.strip().lstrip("@")
    if handle and parse_handle(handle if "@" in handle else f"{handle}@example.org") is None:
        message = gettext("Please write a handle, such as @name or @name@example.org.")
        return "", InvalidError("by", "is not a handle", message=message)
    if handle:
        operators.append(f"from:{handle[:MAX_HANDLE]}")
    for name, value in (("after", filters.after.strip()), ("before", filters.before.strip())):
        if value and not _is_day(value):
            message = gettext("Please write a day like 2026-01-31.")
            return "", InvalidError(name, "is not a day", message=message)
        if value:
            operators.append(f"{name}:{value}")
    if filters.pictures:
        operators.append("has:image")
    return " ".join(operators), None


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and 1970 < date.fromisoformat(text).year < 3000
    except ValueError:
        return False
