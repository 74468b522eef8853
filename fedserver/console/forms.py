"""The form that most buttons of the console send."""

from __future__ import annotations

from msgspec import Struct


class ConsoleFormParams(Struct, frozen=True):
    """A form with a CSRF token and an optional reason."""

    csrf: str = ""
    reason: str = ""
