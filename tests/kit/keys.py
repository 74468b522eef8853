"""Keys for tests, made once a run: RSA takes too long to make for each."""

from __future__ import annotations

from functools import cache

from activitypub import new_ed25519, new_rsa


@cache
def rsa(number: int = 0) -> tuple[str, str]:
    """Private and public PEM; another pair for each number."""
    return new_rsa()


@cache
def ed25519(number: int = 0) -> tuple[str, str]:
    """Private PEM and public multibase."""
    return new_ed25519()
