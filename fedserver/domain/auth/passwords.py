"""Passwords: Argon2id (RFC 9106, low-memory parameters), in two threads, not in the event loop.

Hash and verify before a transaction, never inside: it takes tens of milliseconds.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fedserver.domain.kernel.errors import InvalidError

MIN_LENGTH = 8  # the minimum of NIST SP 800-63B
MAX_LENGTH = 1_000  # bounds the work of a hash


class Passwords:
    """Hashes and verifies passwords with one set of parameters."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(2, "passwords")
        # Verified when no member has the name, so that the response takes as long as for a wrong password.
        # Created by the first call of either kind, so that this one takes the same time as well.
        self._dummy_hash = ""

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return True if the password is right.

        Without a hash (None or '') it takes the same time and returns False.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._verify, password_hash, password)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        self._dummy_hash = self._dummy_hash or self._hasher.hash("nobody has this password")
        try:
            is_right = self._hasher.verify(password_hash or self._dummy_hash, password[:MAX_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
        return is_right and bool(password_hash)

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def check_password(password: str, *others: str) -> None:
    """Raise InvalidError if it is too short, too long, too common, or one of `others`.

    Those are the name and address of its owner.
    """
    if len(password) < MIN_LENGTH:
        raise InvalidError("password", f"must have at least {MIN_LENGTH} characters", "ERR_TOO_SHORT")
    if len(password) > MAX_LENGTH:
        raise InvalidError("password", f"must have at most {MAX_LENGTH} characters", "ERR_TOO_LONG")
    easy = {other.lower() for other in others} | {"password", "12345678", "123456789", "qwertyui", "passwort"}
    if password.lower() in easy or len(set(password)) < 3:
        raise InvalidError("password", "is too easy to guess", "ERR_INVALID")
