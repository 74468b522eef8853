"""What can go wrong in the domain; surfaces turn it into an answer."""

from __future__ import annotations


class DomainError(Exception):
    """Base of all; `text` is shown to the caller."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class NotFoundError(DomainError):
    """It does not exist, or the caller may not know that it does."""

    def __init__(self, text: str = "Record not found") -> None:
        super().__init__(text)


class GoneError(DomainError):
    """It existed and was deleted."""

    def __init__(self, text: str = "This was deleted") -> None:
        super().__init__(text)


class ForbiddenError(DomainError):
    """The caller is known, and may not do this."""

    def __init__(self, text: str = "This action is not allowed") -> None:
        super().__init__(text)


class UnauthorizedError(DomainError):
    """Nobody, or nobody valid, is asking."""

    def __init__(self, text: str = "The access token is invalid") -> None:
        super().__init__(text)


class InvalidError(DomainError):
    """A value is wrong: which field (`base`: the whole), and why. `code` is Mastodon's word (ERR_BLANK …).

    `also` are further values that are wrong, where all were looked at.
    """

    message: str

    def __init__(self, field: str, why: str, code: str = "ERR_INVALID", *also: InvalidError) -> None:
        named = "" if field == "base" else field.replace("_", " ").capitalize() + " "
        told = f"{named}{why}"
        super().__init__(", ".join([f"Validation failed: {told}", *(each.message for each in also)]))
        self.field = field
        self.reason = why
        self.code = code
        self.message = told
        self.other_errors = also


class ReauthenticationRequiredError(UnauthorizedError):
    """The person has to prove again who they are before they may do this."""

    def __init__(self) -> None:
        super().__init__("Please confirm that it is you")


class MediaNotReadyError(InvalidError):
    """A file is attached before it can be shown (docs.joinmastodon.org/methods/media)."""

    def __init__(self) -> None:
        super().__init__("media_ids", "are still processed")
        self.text = "Cannot attach files that have not finished processing. Try again in a moment!"


class TooManyRequestsError(DomainError):
    """Too often; `retry_at` is the moment (ms UTC) from which it may be tried again."""

    def __init__(self, retry_at: int, text: str = "Too many requests") -> None:
        super().__init__(text)
        self.retry_at = retry_at


class PeerError(DomainError):
    """A peer did not give what was asked of it."""

    def __init__(self, text: str = "The other server does not give this file") -> None:
        super().__init__(text)


class RetryLaterError(DomainError):
    """The node cannot do it now: a peer does not answer, or a queue is full."""
