"""Texts that people write: cleaned, and refused if a reader would count more characters than are possible.

Texts of peers and of other machines are cut instead (`fedserver/text/sanitize.py`), as nobody could shorten
them.
"""

from __future__ import annotations

from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.characters import MAX_LENGTH_RATIO, count_graphemes, is_longer
from fedserver.text.markup import count_characters
from fedserver.text.sanitize import clean_name, clean_text


def clean_lines(field: str, text: str, max_length: int, *, message: str = "") -> str:
    """Return a text of several lines without control characters. Raises InvalidError.

    `max_length` is in characters as a reader counts them (`fedserver/text/characters.py`); `message` is the
    sentence for people if it is longer.
    """
    return _check_length(field, clean_text(text, len(text)), max_length, message)


def clean_line(field: str, text: str, max_length: int, *, message: str = "") -> str:
    """Return one line without control and direction marks, '' if nothing can be seen; see `clean_lines`."""
    return _check_length(field, clean_name(text, len(text)), max_length, message)


def _check_length(field: str, text: str, max_length: int, message: str) -> str:
    if is_longer(text, max_length):
        raise InvalidError(field, f"is longer than {max_length} characters", "ERR_TOO_LONG", message=message)
    return text


def clean_note(field: str, text: str, max_length: int) -> str:
    """Return a text in which each link counts the same, as in posts. Raises InvalidError."""
    text = clean_text(text, len(text))
    if len(text) > max_length * MAX_LENGTH_RATIO or count_characters(text) > max_length:
        raise InvalidError(field, f"is longer than {max_length} characters", "ERR_TOO_LONG")
    return text


def check_post_length(source: str, summary: str, max_length: int, *, article: bool) -> None:
    """Raise InvalidError if a post is too long: the text with its content warning, of an article the text."""
    # Far more code points than characters are an attack on readers, and on the database.
    if len(source) + len(summary) > max_length * MAX_LENGTH_RATIO:
        raise InvalidError(
            "text", f"has more than {max_length * MAX_LENGTH_RATIO} code points", "ERR_TOO_LONG"
        )
    length = count_graphemes(source) if article else count_characters(source) + count_graphemes(summary)
    if length > max_length:
        raise InvalidError(
            "text", f"is {length - max_length} characters over the limit of {max_length}", "ERR_TOO_LONG"
        )
