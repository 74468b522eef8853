"""Secrets that we hand out: long, random, and kept only as hashes."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_secret() -> str:
    """A random word of letters, digits, `-` and `_`: fit for headers, addresses and subprotocol names."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """How a secret is kept. Random secrets of this length need no salt."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, kept: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(hashed(secret), kept)
