"""The context of every rule: the node that it runs on, and the caller."""

from __future__ import annotations

from msgspec import Struct

from fedserver.config import Config
from fedserver.domain.kernel.access import AccessMode, get_access_mode
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.links import Links
from fedserver.text.locales import gettext
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow


class NodeContext(Struct, eq=False):
    """Configuration and URLs of the node, built once at start and passed to the functions that need them.

    `CurrentSettings` alone replaces the configuration, when a setting was changed: who keeps a value of it
    would not see that. `revision` is the number of the latest change, for caches; `legal_kinds` are the legal
    texts that there are.
    """

    config: Config
    links: Links
    revision: int = 0
    legal_kinds: frozenset[str] = frozenset()

    @property
    def access(self) -> AccessMode:
        """Who may read here, by the present settings."""
        federation = self.config.federation
        return get_access_mode(self.config.community.readers, federation.mode, federation.authorized_fetch)

    @property
    def source_url(self) -> str:
        """The address of the source code that this node runs: a repository, or our own archive of it."""
        return self.config.node.source_url or f"{self.links.base}/source"


class Principal(Struct, frozen=True):
    """The caller of a request. An app's own token has neither member nor account.

    `authenticated_at` is when the member last gave a password or passkey in this session (ms UTC).
    `is_suspended`: the member is suspended or disabled, and may only read the moderation decisions about
    them. `unread_count`: how many notifications are newer than their marker, at most MAX_UNREAD; counted for
    pages only, whose navigation shows it.
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
    unread_count: int = 0


def check_not_moved(actor: AccountRow) -> None:
    """Raise ForbiddenError if the account has moved away: it is read-only then."""
    if actor.moved_to_id is not None:
        raise ForbiddenError(gettext("This account has moved and is read-only. Please use your new account."))


def describe_pending_state(member: MemberRow) -> str:
    """Return why a member may not log in yet, in Mastodon's wording; '' if nothing is pending."""
    # Mastodon's wording: clients compare it.
    if member.email_confirmed_at is None:
        return "Your login is missing a confirmed e-mail address"
    return "Your login is currently pending approval" if member.approved_at is None else ""
