"""OAuth scopes as Mastodon names them (docs.joinmastodon.org/api/oauth-scopes).

`read` covers `read:accounts` and so on; `follow` is the deprecated name of six of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from fedserver.domain.kernel.errors import InvalidError

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

DESCRIPTIONS = {
    "profile": "read your profile",
    "read": "read everything that you can read",
    "write": "post, change and delete in your name",
    "follow": "follow, mute and block for you",
    "push": "send you push notifications",
    "admin:read": "read what moderators read",
    "admin:write": "do what moderators do",
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
    """Return sentences for the consent page, one for each scope."""
    return [DESCRIPTIONS.get(scope, _describe_detailed(scope)) for scope in scopes]


def _describe_detailed(scope: str) -> str:
    verb, _, noun = scope.rpartition(":")
    names = {
        "read": "read your",
        "write": "change your",
        "admin:read": "read all",
        "admin:write": "change all",
    }
    return f"{names.get(verb, verb)} {noun.replace('_', ' ')}"
