"""Key objects: those of our accounts in a bounded cache, as loading a private key takes a millisecond."""

from __future__ import annotations

import asyncio

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from activitypub import keys as key_formats
from activitypub.keys import PrivateKey, PublicKey
from fedserver.domain.accounts import keys
from storage.cache import LruCache
from storage.engine import ReadTx
from storage.rows.accounts import KeyRow


async def generate() -> keys.NewKeys:
    """Return new keys for an account, generated in a thread as RSA takes a tenth of a second."""

    def make() -> keys.NewKeys:
        return keys.NewKeys(*key_formats.generate_rsa(), *key_formats.generate_ed25519())

    return await asyncio.to_thread(make)


def load_public_key(row: KeyRow) -> PublicKey:
    """Return the public key of a row. Raises SignatureError if it is too weak."""
    if row.public.startswith("z"):
        return key_formats.load_multibase(row.public)
    return key_formats.load_public_pem(row.public)


class Keyring:
    """The private keys of our accounts: (key URI, key object) by account and kind."""

    def __init__(self, size: int = 1_000) -> None:
        self.cache = LruCache(size)

    async def get_rsa(self, tx: ReadTx, account_id: int) -> tuple[str, RSAPrivateKey]:
        """Return the key with which an account signs requests. Raises LookupError if it has none."""
        uri, key = await self._get(tx, account_id, keys.RSA)
        assert isinstance(key, RSAPrivateKey)
        return uri, key

    async def get_ed25519(self, tx: ReadTx, account_id: int) -> tuple[str, Ed25519PrivateKey]:
        """Return the key with which an account signs documents. Raises LookupError if it has none."""
        uri, key = await self._get(tx, account_id, keys.ED25519)
        assert isinstance(key, Ed25519PrivateKey)
        return uri, key

    async def _get(self, tx: ReadTx, account_id: int, kind: str) -> tuple[str, PrivateKey]:
        entry: tuple[str, PrivateKey] | None = self.cache.get((account_id, kind))
        if entry is not None:
            return entry
        for row in await keys.list_by_account(tx, account_id):
            if row.kind == kind and row.private is not None:
                entry = (row.uri, key_formats.load_private(row.private))
                self.cache.store((account_id, kind), entry)
                return entry
        raise LookupError(f"account {account_id} has no {kind} key")

    def invalidate(self, account_id: int) -> None:
        """Drop the keys of an account, so that they are loaded again when they are needed."""
        for kind in (keys.RSA, keys.ED25519):
            self.cache.remove((account_id, kind))
