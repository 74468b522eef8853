"""The errors for files that are not accepted."""

from __future__ import annotations

from fedserver.marked_text import MarkedError


class UnacceptableFileError(MarkedError):
    """The file is not what it claims, is broken, or is too large; `text` tells the member which."""


class FileLimitError(UnacceptableFileError):
    """The file exceeds a bound, `count`; the text has a plural form."""


def build_too_complex_error(what: str) -> UnacceptableFileError:
    """Return the error for an image, or another file, that takes more time or memory than it may."""
    if what == "image":
        return UnacceptableFileError("This image is too complicated. Please try a smaller one.")
    return UnacceptableFileError("This file is too complicated. Please try a smaller one.")


def build_broken_error(what: str) -> UnacceptableFileError:
    """Return the error for an image, or another file, that cannot be decoded."""
    if what == "image":
        return UnacceptableFileError("This image is broken. Please save it again, or choose another one.")
    return UnacceptableFileError("This file is broken. Please save it again, or choose another one.")
