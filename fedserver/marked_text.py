"""Texts for people from code that knows no locale: translated where they are shown.

`tools/catalogues.py` collects the texts of `MarkedText` and of every error named in its list.
`fedserver.text.locales.translate` returns them in the current locale. Imports nothing, as the configuration
and child processes use it.
"""

from __future__ import annotations


class MarkedText:
    """A text with named placeholders; with `plural`, `count` of the values chooses the form.

    As a string it is in English, for logs.
    """

    def __init__(self, message: str, plural: str = "", **values: object) -> None:
        self.message = message
        self.plural = plural
        self.values = values

    @property
    def count(self) -> int:
        """The number that chooses the plural form."""
        count = self.values.get("count", 1)
        return count if isinstance(count, int) else 1

    @property
    def source(self) -> str:
        """The English text with its placeholders still in it."""
        return self.plural if self.plural and self.count != 1 else self.message

    def __str__(self) -> str:
        return self.source % self.values

    def __bool__(self) -> bool:
        return bool(self.message)


class MarkedError(Exception):
    """Base of errors whose text is translated where it is shown."""

    def __init__(self, message: str, plural: str = "", **values: object) -> None:
        super().__init__(message)  # pickled with the attributes, as errors come from child processes
        self.text = MarkedText(message, plural, **values)

    def __str__(self) -> str:
        return str(self.text)
