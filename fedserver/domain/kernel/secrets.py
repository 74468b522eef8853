"""Secrets that the node hands out, stored as hashes; those that must be read again are stored encrypted.

The storage seals the latter itself (`storage.sealing.columns`), but the tokens in push subscriptions.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from storage.sealing.box import SecretBox

__all__ = ["SecretBox", "hash_secret", "new_secret", "verify_secret"]


def new_secret() -> str:
    """Return a random token of letters, digits, `-` and `_`.

    It is safe in headers, URLs and names of WebSocket subprotocols.
    """
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """Return the hash under which a secret is stored. Random secrets of this length need no salt."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def verify_secret(secret: str, secret_hash: str) -> bool:
    """Return True if the secret has this hash; compares in constant time."""
    return hmac.compare_digest(hash_secret(secret), secret_hash)
