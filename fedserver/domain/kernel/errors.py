"""Errors of the domain; each surface turns them into its own kind of response."""

from __future__ import annotations

from fedserver.text.locales import gettext


class DomainError(Exception):
    """Base of all domain errors; `text` is shown to the caller."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class NotFoundError(DomainError):
    """Something does not exist, or the caller may not know that it does."""

    def __init__(self, text: str = "Record not found") -> None:
        super().__init__(text)


class GoneError(DomainError):
    """Something existed and was deleted."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text or gettext("This was deleted."))


class ForbiddenError(DomainError):
    """The caller is known, but may not do this."""

    def __init__(self, text: str = "This action is not allowed") -> None:
        super().__init__(text)


class UnauthorizedError(DomainError):
    """The request has no valid credentials."""

    def __init__(self, text: str = "The access token is invalid") -> None:
        super().__init__(text)


class InvalidError(DomainError):
    """An invalid value: the field (`base`: the whole) and the reason.

    `code` is Mastodon's error code (ERR_BLANK …). `also` holds errors of further fields, where all fields
    were checked.
    """

    message: str

    def __init__(self, field: str, why: str, code: str = "ERR_INVALID", *also: InvalidError) -> None:
        label = "" if field == "base" else field.replace("_", " ").capitalize() + " "
        message = f"{label}{why}"
        super().__init__(", ".join([f"Validation failed: {message}", *(error.message for error in also)]))
        self.field = field
        self.reason = why
        self.code = code
        self.message = message
        self.other_errors = also


class ReauthenticationRequiredError(UnauthorizedError):
    """The member has to authenticate again before they may do this."""

    def __init__(self) -> None:
        super().__init__(gettext("Please confirm that it is you."))


class MediaNotReadyError(InvalidError):
    """An attached file is not processed yet (docs.joinmastodon.org/methods/media)."""

    def __init__(self) -> None:
        super().__init__("media_ids", "are still processed")
        # Mastodon's wording: clients compare it and retry.
        self.text = "Cannot attach files that have not finished processing. Try again in a moment!"


class TooManyRequestsError(DomainError):
    """A rate limit was exceeded; `retry_at` is when the caller may try again (ms UTC)."""

    def __init__(self, retry_at: int, text: str = "Too many requests") -> None:
        super().__init__(text)
        self.retry_at = retry_at


class PeerError(DomainError):
    """A peer did not answer, or did not answer as expected."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text or gettext("The other server did not deliver this file."))


class RetryLaterError(DomainError):
    """The node cannot do this now: a peer does not answer, or a queue is full."""
