"""What forms of the console share."""

from __future__ import annotations

from msgspec import Struct


class ConsoleFormParams(Struct, frozen=True):
    """A form with nothing but its word against forgery, and perhaps a reason."""

    csrf: str = ""
    reason: str = ""
