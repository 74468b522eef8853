"""Keys for tests, made once a run: RSA takes too long to make for each."""

from __future__ import annotations

from functools import cache

from activitypub.keys import generate_ed25519, generate_rsa


@cache
def rsa(name: int | str = 0) -> tuple[str, str]:
    """Private and public PEM; another pair for each name."""
    return generate_rsa()


@cache
def ed25519(name: int | str = 0) -> tuple[str, str]:
    """Private PEM and public multibase."""
    return generate_ed25519()
