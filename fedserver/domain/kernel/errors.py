"""What can go wrong in the domain; surfaces turn it into an answer."""

from __future__ import annotations

from fedserver.domain.kernel.field_texts import describe_problem
from fedserver.text.locales import gettext

# Mastodon's wording, which its clients know; people read the `message` of the error instead.
RECORD_NOT_FOUND = "Record not found"
NOT_ALLOWED = "This action is not allowed"
TOO_MANY_REQUESTS = "Too many requests"


class DomainError(Exception):
    """Base of all; `text` goes to API clients, `message` to people on pages."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    @property
    def message(self) -> str:
        """A sentence for people, in the current locale."""
        return self.text


class NotFoundError(DomainError):
    """It does not exist, or the caller may not know that it does."""

    def __init__(self, text: str = RECORD_NOT_FOUND) -> None:
        super().__init__(text)

    @property
    def message(self) -> str:
        """A sentence for people, in the current locale."""
        if self.text != RECORD_NOT_FOUND:
            return self.text
        return gettext("It may have been deleted, or it is not visible to you. Please check the address.")


class GoneError(DomainError):
    """It existed and was deleted."""

    def __init__(self, text: str = "This was deleted") -> None:
        super().__init__(text)


class ForbiddenError(DomainError):
    """The caller is known, and may not do this."""

    def __init__(self, text: str = NOT_ALLOWED) -> None:
        super().__init__(text)

    @property
    def message(self) -> str:
        """A sentence for people, in the current locale."""
        if self.text != NOT_ALLOWED:
            return self.text
        return gettext("Your account does not have the permission for this.")


class UnauthorizedError(DomainError):
    """Nobody, or nobody valid, is asking."""

    def __init__(self, text: str = "The access token is invalid") -> None:
        super().__init__(text)


class InvalidError(DomainError):
    """A value is wrong: which field (`base`: the whole), and why. `code` is Mastodon's word (ERR_BLANK …).

    API clients get Mastodon's `Validation failed: Field why`, in English, as they parse it. People get
    `message`: the sentence that is given here, or one that follows from the field and the code.
    `other_errors` are further values that are wrong, where all were checked.
    """

    def __init__(
        self, field: str, why: str, code: str = "ERR_INVALID", *other_errors: InvalidError, message: str = ""
    ) -> None:
        label = "" if field == "base" else field.replace("_", " ").capitalize() + " "
        self.detail = f"{label}{why}"
        super().__init__(
            ", ".join([f"Validation failed: {self.detail}", *(error.detail for error in other_errors)])
        )
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
    """A peer did not give what was asked of it."""

    def __init__(self, text: str = "The other server does not give this file") -> None:
        super().__init__(text)


class RetryLaterError(DomainError):
    """The node cannot do it now: a peer does not answer, or a queue is full."""
