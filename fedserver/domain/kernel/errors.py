"""Errors of the domain; each surface turns them into its own kind of response."""

from __future__ import annotations

from fedserver.domain.kernel.field_texts import describe_problem
from fedserver.text.locales import gettext

# Mastodon's wording, which its clients know; people read the `message` of the error instead.
RECORD_NOT_FOUND = "Record not found"
NOT_ALLOWED = "This action is not allowed"
TOO_MANY_REQUESTS = "Too many requests"


class DomainError(Exception):
    """Base of all domain errors; `text` goes to API clients, `message` to people on pages."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    @property
    def message(self) -> str:
        """A sentence for people, in the current locale."""
        return self.text


class NotFoundError(DomainError):
    """Something does not exist, or the caller may not know that it does."""

    def __init__(self, text: str = RECORD_NOT_FOUND) -> None:
        super().__init__(text)

    @property
    def message(self) -> str:
        """A sentence for people, in the current locale."""
        if self.text != RECORD_NOT_FOUND:
            return self.text
        return gettext("It may have been deleted, or it is not visible to you. Please check the address.")


class GoneError(DomainError):
    """Something existed and was deleted."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text or gettext("This was deleted."))


class ForbiddenError(DomainError):
    """The caller is known, but may not do this."""

    def __init__(self, text: str = NOT_ALLOWED) -> None:
        super().__init__(text)

    @property
    def message(self) -> str:
        """A sentence for people, in the current locale."""
        if self.text != NOT_ALLOWED:
            return self.text
        return gettext("Your account does not have the permission for this.")


class UnauthorizedError(DomainError):
    """The request has no valid credentials."""

    def __init__(self, text: str = "The access token is invalid") -> None:
        super().__init__(text)


class InvalidError(DomainError):
    """An invalid value: the field (`base`: the whole) and the reason.

    `code` is Mastodon's error code (ERR_BLANK …). API clients get Mastodon's `Validation failed: Field why`,
    in English, as they parse it. People get `message`: the given sentence, or one that follows from the field
    and the code. `other_errors` are those of further fields, where all fields were checked.
    """

    def __init__(
        self, field: str, why: str, code: str = "ERR_INVALID", *other_errors: InvalidError, message: str = ""
    ) -> None:
        label = "" if field == "base" else field.replace("_", " ").capitalize() + " "
        self.detail = f"{label}{why}"
        details = [f"Validation failed: {self.detail}", *(error.detail for error in other_errors)]
        super().__init__(", ".join(details))
        self.field = field
        self.reason = why
        self.code = code
        self.other_errors = other_errors
        self._message = message

    @property
    def message(self) -> str:
        """A sentence for people, in the current locale."""
        if self._message or self.field == "base":
            return self._message or self.reason
        return describe_problem(self.field, self.code) or f"{self.detail.removesuffix('.')}."


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

    def __init__(self, retry_at: int, text: str = TOO_MANY_REQUESTS) -> None:
        super().__init__(text)
        self.retry_at = retry_at

    @property
    def message(self) -> str:
        """A sentence for people, in the current locale."""
        if self.text != TOO_MANY_REQUESTS:
            return self.text
        return gettext("You did this too often in a short time. Please wait a few minutes and try again.")


class PeerError(DomainError):
    """A peer did not answer, or did not answer as expected."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text or gettext("The other server did not deliver this file."))


class RetryLaterError(DomainError):
    """The node cannot do this now: a peer does not answer, or a queue is full."""
