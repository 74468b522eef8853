"""The words that every rule speaks: which node, who asks, and what can go wrong."""

from __future__ import annotations

from msgspec import Struct

from fedserver.config import Config
from fedserver.links import Links
from storage import AccountRow, MemberRow


class Site(Struct, frozen=True):
    """Made once by the node and handed to the verbs that need it."""

    config: Config
    links: Links


class DomainError(Exception):
    """Base of all; `text` is shown to the caller."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class NotFound(DomainError):
    """It does not exist, or the caller may not know that it does."""

    def __init__(self, text: str = "Record not found") -> None:
        super().__init__(text)


class Gone(DomainError):
    """It existed and was deleted."""

    def __init__(self, text: str = "This was deleted") -> None:
        super().__init__(text)


class Forbidden(DomainError):
    """The caller is known, and may not do this."""

    def __init__(self, text: str = "This action is not allowed") -> None:
        super().__init__(text)


class Unauthorized(DomainError):
    """Nobody, or nobody valid, is asking."""

    def __init__(self, text: str = "The access token is invalid") -> None:
        super().__init__(text)


class Invalid(DomainError):
    """A value is wrong: which field (`base`: the whole), and why. `code` is Mastodon's word (ERR_BLANK …).

    `also` are further values that are wrong, where all were looked at.
    """

    told: str

    def __init__(self, field: str, why: str, code: str = "ERR_INVALID", *also: Invalid) -> None:
        named = "" if field == "base" else field.replace("_", " ").capitalize() + " "
        told = f"{named}{why}"
        super().__init__(", ".join([f"Validation failed: {told}", *(each.told for each in also)]))
        self.field = field
        self.why = why
        self.code = code
        self.told = told
        self.also = also


class Unproved(Unauthorized):
    """The person has to prove again who they are before they may do this."""

    def __init__(self) -> None:
        super().__init__("Please confirm that it is you")


class Unfinished(Invalid):
    """A file is attached before it can be shown (docs.joinmastodon.org/methods/media)."""

    def __init__(self) -> None:
        super().__init__("media_ids", "are still processed")
        self.text = "Cannot attach files that have not finished processing. Try again in a moment!"


class TooMany(DomainError):
    """Too often; `retry_at` is the moment (ms UTC) from which it may be tried again."""

    def __init__(self, retry_at: int, text: str = "Too many requests") -> None:
        super().__init__(text)
        self.retry_at = retry_at


class BadPeer(DomainError):
    """A peer did not give what was asked of it."""

    def __init__(self, text: str = "The other server does not give this file") -> None:
        super().__init__(text)


class Later(DomainError):
    """The node cannot do it now: a peer does not answer, or a queue is full."""


class Caller(Struct, frozen=True):
    """The caller of a request. An app's own token has neither member nor account.

    `proved_at` is when the person last gave a password or passkey in this session (ms UTC); `barred`:
    they are suspended or disabled, and here to read what was decided about them.
    """

    member: MemberRow | None
    account: AccountRow | None
    scopes: frozenset[str]
    token_id: int | None = None
    app_id: int | None = None
    session_id: int | None = None
    csrf: str = ""
    used_at: int | None = None
    proved_at: int | None = None
    barred: bool = False


def check_not_moved(actor: AccountRow) -> None:
    """Raises Forbidden for an account that moved away: it is there to be read only."""
    if actor.moved_to_id is not None:
        raise Forbidden("This account has moved. It can be read, and that is all")


def may_act(member: MemberRow) -> bool:
    """True if a member is let in: approved, confirmed, not disabled."""
    return member.disabled_at is None and not waits_for(member)


def waits_for(member: MemberRow) -> str:
    """What a member waits for before being let in, in the words clients know; '' if nothing."""
    if member.email_confirmed_at is None:
        return "Your login is missing a confirmed e-mail address"
    return "Your login is currently pending approval" if member.approved_at is None else ""
