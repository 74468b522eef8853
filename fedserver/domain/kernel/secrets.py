"""Secrets that the node hands out, stored as hashes; those that must be read again are stored encrypted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from tempfile import mkstemp

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12  # bytes (NIST SP 800-38D §8.2.2)


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


class SecretBox:
    """Encrypts secrets (AES-256-GCM) with a key in a file, so that the database alone does not reveal them.

    The key is created with the first secret; all processes of a node read the same file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cipher: AESGCM | None = None

    def encrypt(self, secret: str, context: str) -> str:
        """Return `secret` encrypted; it can only be decrypted for the same `place`.

        Raises OSError without a usable key.
        """
        cipher = self._load_key() or self._create_key()
        nonce = os.urandom(NONCE_BYTES)
        data = cipher.encrypt(nonce, secret.encode(), context.encode())
        return base64.urlsafe_b64encode(nonce + data).decode()

    def decrypt(self, sealed: str, context: str) -> str | None:
        """Return the plain secret, or None if it was encrypted with another key or for another place.

        Raises OSError if there is a key file that cannot be used.
        """
        cipher = self._load_key()
        if cipher is None:
            return None
        try:
            data = base64.urlsafe_b64decode(sealed)
            return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], context.encode()).decode()
        except (InvalidTag, ValueError):
            return None

    def _load_key(self) -> AESGCM | None:
        if self._cipher is None:
            try:
                self._cipher = AESGCM(bytes.fromhex(self._path.read_text("ascii")))
            except FileNotFoundError:
                return None
            except ValueError as error:
                raise OSError(f"{self._path}: not a key of ours") from error
        return self._cipher

    def _create_key(self) -> AESGCM:
        """Create the key file atomically: other processes see no key or a whole one; the first one stays."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = mkstemp(dir=self._path.parent)  # readable by its owner only
        try:
            with open(handle, "w", encoding="ascii") as file:
                file.write(AESGCM.generate_key(256).hex())
                file.flush()
                os.fsync(file.fileno())
            os.link(partial, self._path)
        except FileExistsError:
            pass  # another process was faster: its key is used
        finally:
            os.unlink(partial)
        cipher = self._load_key()
        assert cipher is not None, "the file was just written, here or by another process"
        return cipher
