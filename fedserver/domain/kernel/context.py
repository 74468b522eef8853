"""What every rule is told: which node it runs on, and who asks."""

from __future__ import annotations

from msgspec import Struct

from fedserver.config import Config
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.links import Links
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow


class NodeContext(Struct, frozen=True):
    """Made once by the node and handed to the verbs that need it."""

    config: Config
    links: Links


class Principal(Struct, frozen=True):
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
    authenticated_at: int | None = None
    is_suspended: bool = False


def check_not_moved(actor: AccountRow) -> None:
    """Raises Forbidden for an account that moved away: it is there to be read only."""
    if actor.moved_to_id is not None:
        raise ForbiddenError("This account has moved. It can be read, and that is all")


def can_act(member: MemberRow) -> bool:
    """True if a member is let in: approved, confirmed, not disabled."""
    return member.disabled_at is None and not describe_pending_state(member)


def describe_pending_state(member: MemberRow) -> str:
    """What a member waits for before being let in, in the words clients know; '' if nothing."""
    if member.email_confirmed_at is None:
        return "Your login is missing a confirmed e-mail address"
    return "Your login is currently pending approval" if member.approved_at is None else ""
