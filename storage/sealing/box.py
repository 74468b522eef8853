"""Encryption of secrets with a key in a file, so that the database alone does not reveal them."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import SealKeyError
from storage.private_files import create_folder, write_new_file

NONCE_BYTES = 12  # bytes (NIST SP 800-38D §8.2.2)
# What `seal` returns begins with this. No PEM file and no base32 does, so a column can be read while some of
# its values are still in clear.
SEALED_PREFIX = "sealed:"


class SecretBox:
    """Encrypts secrets (AES-256-GCM) with a key in a file.

    The key is created with the first secret; all processes of a node read the same file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._cipher: AESGCM | None = None

    def encrypt(self, secret: str, context: str) -> str:
        """Return `secret` encrypted; it can only be decrypted for the same `context`.

        Raises OSError without a usable key.
        """
        cipher = self._load_key() or self._create_key()
        nonce = os.urandom(NONCE_BYTES)
        data = cipher.encrypt(nonce, secret.encode(), context.encode())
        return base64.urlsafe_b64encode(nonce + data).decode()

    def decrypt(self, sealed: str, context: str) -> str | None:
        """Return the plain secret, or None if it was encrypted with another key or for another context.

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
                self._cipher = AESGCM(bytes.fromhex(self.path.read_text("ascii")))
            except FileNotFoundError:
                return None
            except ValueError as error:
                raise OSError(f"{self.path}: not a key of ours") from error
        return self._cipher

    def _create_key(self) -> AESGCM:
        """Create the key file atomically: other processes see no key or a whole one; the first one stays.

        It is on disk, with its name, before anything is encrypted with it.
        """
        create_folder(self.path.parent)
        try:
            with write_new_file(self.path) as file:
                file.write(AESGCM.generate_key(256).hex().encode())
        except FileExistsError:
            pass  # another process was faster: its key is used
        cipher = self._load_key()
        assert cipher is not None, "the file was just written, here or by another process"
        return cipher


def seal(box: SecretBox | None, secret: str, context: str) -> str:
    """Return a secret as it is stored: sealed, or in clear in a database that was opened without a box.

    Raises SealKeyError if the key cannot be used.
    """
    if box is None:
        return secret
    try:
        return SEALED_PREFIX + box.encrypt(secret, context)
    except OSError as error:
        raise SealKeyError(f"the seal key cannot be used: {error}") from error


def unseal(box: SecretBox | None, stored: str, context: str) -> str:
    """Return the plain secret of a stored one. Raises SealKeyError if it cannot be read."""
    if not is_sealed(stored):
        return stored
    if box is None:
        raise SealKeyError(f"the {context} is sealed, and this database was opened without a seal key")
    try:
        secret = box.decrypt(stored.removeprefix(SEALED_PREFIX), context)
    except OSError as error:
        raise SealKeyError(f"the seal key cannot be used: {error}") from error
    if secret is None:
        raise SealKeyError(f"the {context} was sealed with another key than that in {box.path}")
    return secret


def is_sealed(stored: str) -> bool:
    """Return True if a stored secret is sealed."""
    return stored.startswith(SEALED_PREFIX)
