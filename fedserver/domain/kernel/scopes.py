"""OAuth scopes as Mastodon names them (docs.joinmastodon.org/api/oauth-scopes).

`read` covers `read:accounts` and so on; `follow` is the deprecated name of six of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.locales import LazyText, lazy_gettext

_READ = (
    "accounts", "blocks", "bookmarks", "collections", "favourites", "filters", "follows", "lists", "mutes",
    "notifications", "search", "statuses",
)  # fmt: skip
_WRITE = (
    "accounts", "blocks", "bookmarks", "collections", "conversations", "favourites", "filters", "follows",
    "lists", "media", "mutes", "notifications", "reports", "statuses",
)  # fmt: skip
_ADMIN = (
    "accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks",
    "canonical_email_blocks",
)  # fmt: skip
# What the deprecated scope `follow` includes.
_FOLLOW = frozenset(f"{verb}:{noun}" for verb in ("read", "write") for noun in ("follows", "blocks", "mutes"))

ALL_SCOPES: tuple[str, ...] = (
    "profile",
    "read",
    *(f"read:{noun}" for noun in _READ),
    "write",
    *(f"write:{noun}" for noun in _WRITE),
    "follow",
    "push",
    "admin:read",
    *(f"admin:read:{noun}" for noun in _ADMIN),
    "admin:write",
    *(f"admin:write:{noun}" for noun in _ADMIN),
)
_ALL_SCOPES = frozenset(ALL_SCOPES)

# Completes "If you allow it, the app can: …" on the consent page.
DESCRIPTIONS: Mapping[str, LazyText] = {
    "profile": lazy_gettext("read your profile"),
    "read": lazy_gettext("read everything that you can read"),
    "read:accounts": lazy_gettext("read profiles and your account"),
    "read:blocks": lazy_gettext("see whom you block"),
    "read:bookmarks": lazy_gettext("read your bookmarks"),
    "read:collections": lazy_gettext("read your collections"),
    "read:favourites": lazy_gettext("see which posts you like"),
    "read:filters": lazy_gettext("read your filters"),
    "read:follows": lazy_gettext("see whom you follow and who follows you"),
    "read:lists": lazy_gettext("read your lists"),
    "read:mutes": lazy_gettext("see whom you mute"),
    "read:notifications": lazy_gettext("read your notifications"),
    "read:search": lazy_gettext("search for you"),
    "read:statuses": lazy_gettext("read all posts that you can read"),
    "write": lazy_gettext("post, change and delete in your name"),
    "write:accounts": lazy_gettext("change your profile"),
    "write:blocks": lazy_gettext("block and unblock for you"),
    "write:bookmarks": lazy_gettext("add and remove your bookmarks"),
    "write:collections": lazy_gettext("change your collections"),
    "write:conversations": lazy_gettext("mute and remove your conversations"),
    "write:favourites": lazy_gettext("like posts in your name"),
    "write:filters": lazy_gettext("change your filters"),
    "write:follows": lazy_gettext("follow and unfollow for you"),
    "write:lists": lazy_gettext("change your lists"),
    "write:media": lazy_gettext("upload files in your name"),
    "write:mutes": lazy_gettext("mute and unmute for you"),
    "write:notifications": lazy_gettext("clear your notifications"),
    "write:reports": lazy_gettext("report accounts in your name"),
    "write:statuses": lazy_gettext("write, change and delete your posts"),
    "follow": lazy_gettext("follow, mute and block for you"),
    "push": lazy_gettext("send you push notifications"),
    "admin:read": lazy_gettext("read what moderators read"),
    "admin:read:accounts": lazy_gettext("read the details of all accounts"),
    "admin:read:reports": lazy_gettext("read all reports"),
    "admin:read:domain_allows": lazy_gettext("see which servers are allowed"),
    "admin:read:domain_blocks": lazy_gettext("see which servers are blocked"),
    "admin:read:ip_blocks": lazy_gettext("see which networks are blocked"),
    "admin:read:email_domain_blocks": lazy_gettext("see which email domains are blocked"),
    "admin:read:canonical_email_blocks": lazy_gettext("see which email addresses are blocked"),
    "admin:write": lazy_gettext("do what moderators do"),
    "admin:write:accounts": lazy_gettext("moderate all accounts"),
    "admin:write:reports": lazy_gettext("handle all reports"),
    "admin:write:domain_allows": lazy_gettext("allow servers"),
    "admin:write:domain_blocks": lazy_gettext("block servers"),
    "admin:write:ip_blocks": lazy_gettext("block networks"),
    "admin:write:email_domain_blocks": lazy_gettext("block email domains"),
    "admin:write:canonical_email_blocks": lazy_gettext("block email addresses"),
}


def parse(text: str) -> tuple[str, ...]:
    """Return the scopes in a string, separated by spaces, each once.

    Raises InvalidError for an unknown scope.
    """
    names = tuple(dict.fromkeys(text.replace("+", " ").split()))
    for scope in names:
        if scope not in _ALL_SCOPES:
            raise InvalidError("scopes", f"are not known: {scope[:60]}", "invalid_scope")
    return names


def covers(granted: Iterable[str], wanted: str) -> bool:
    """Return True if one of the granted scopes is `wanted` or includes it."""
    scopes = frozenset(granted)
    if wanted in scopes or (wanted in _FOLLOW and "follow" in scopes):
        return True
    head, _, _ = wanted.rpartition(":")
    return bool(head) and covers(scopes, head)


def are_granted(wanted: Iterable[str], granted: Iterable[str]) -> bool:
    """Return True if the granted scopes cover all wanted ones."""
    scopes = frozenset(granted)
    return all(covers(scopes, scope) for scope in wanted)


def filter_by_role(granted: Iterable[str], role: str) -> tuple[str, ...]:
    """Return the scopes that a member of that role can grant: plain members cannot grant admin scopes."""
    return tuple(scope for scope in granted if role != "member" or not scope.startswith("admin:"))


def describe(scopes: Iterable[str]) -> list[str]:
    """Return what each scope permits, for the consent page."""
    return [str(DESCRIPTIONS[scope]) for scope in scopes]
