"""What can be wrong with a document or request of a peer. Messages are for our log, not for the peer."""


class ActivityPubError(Exception):
    """Base of all errors of the protocol."""


class MalformedDocumentError(ActivityPubError):
    """A document that cannot be read: where, and why."""


class SignatureError(ActivityPubError):
    """A signature that is missing, malformed, too old or wrong. `reason` is a stable word for logs."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class AuthorityError(ActivityPubError):
    """An actor that acts in the name of another (FEP-fe34)."""
