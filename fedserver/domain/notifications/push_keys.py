"""The node's VAPID key pair for web push (RFC 8292), created once, as clients subscribe with it."""

from __future__ import annotations

import hashlib

from storage.engine import ReadTx, Tx
from storage.queries.notifications import push_subscriptions as push_subscription_queries


async def load_public_key(tx: ReadTx) -> str:
    """Return the public key, base64url; '' before the first start."""
    cache = tx.caches.get_cache("push_key", 1)
    public_key: str | None = cache.get("public")
    if public_key is None:
        row = await push_subscription_queries.find_key(tx)
        if row is None:
            return ""
        public_key = row.public
        cache.store("public", public_key)
    return public_key


async def get_private_key(tx: ReadTx) -> str:
    """Return the private key, PEM. Raises LookupError before the first start."""
    row = await push_subscription_queries.find_key(tx)
    if row is None:
        raise LookupError("this node has no key for push messages")
    return row.private


async def derive_address_secret(tx: ReadTx) -> bytes:
    """Return the key with which this node signs its proxy URLs.

    Raises LookupError before the first start.
    """
    return hashlib.sha256(b"addresses " + (await get_private_key(tx)).encode()).digest()


async def save(tx: Tx, private: str, public: str) -> None:
    """Save a new pair, unless there is one."""
    await push_subscription_queries.insert_key(tx, private, public)
