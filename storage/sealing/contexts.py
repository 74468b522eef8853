"""The place for which each secret is sealed: a value that is moved to another row cannot be read there."""

from __future__ import annotations


def describe_account_key(uri: str) -> str:
    """Return the context of the private key with this URI."""
    return f"private key {uri}"


def describe_two_factor(member_id: int) -> str:
    """Return the context of the secret of a member's authenticator app."""
    return f"second step of member {member_id}"


def describe_push_key(_id: int) -> str:
    """Return the context of the private key for push messages; there is one pair."""
    return "push key"


def describe_push_secret(token_id: int) -> str:
    """Return the context of the secret that a subscribed app shares with us."""
    return f"push secret of token {token_id}"


def describe_browser_push_secret(session_id: int) -> str:
    """Return the context of the secret that a subscribed browser shares with us."""
    return f"push secret of session {session_id}"
