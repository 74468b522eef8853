"""What can be wrong with what a peer says. Messages are for our log, not for the peer."""


class ActivityPubError(Exception):
    """Base of all."""


class MalformedDocumentError(ActivityPubError):
    """Not a document we can read: where, and why."""


class SignatureError(ActivityPubError):
    """A signature is missing, malformed, too old or wrong. `reason` is a stable word for logs and tests."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class AuthorityError(ActivityPubError):
    """Somebody speaks for another (FEP-fe34)."""
