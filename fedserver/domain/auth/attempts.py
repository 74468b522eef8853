"""Limits on attempts that may not go on for ever: wrong passwords and codes, mails to one address.

An attempt is counted before it is made, in one statement: attempts at the same moment cannot pass a limit
together. Those that succeed are taken back. Subjects are stored as hashes.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.kernel.errors import TooManyRequestsError
from fedserver.domain.kernel.secrets import hash_secret
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.queries.auth import attempts as attempt_queries


class AttemptLimit(Struct, frozen=True):
    """The number of attempts in a window of time, which begins with the first one."""

    max_attempts: int
    window_ms: int


async def try_count(tx: Tx, subject: str, limit: AttemptLimit) -> bool:
    """Count an attempt; return False if there were too many, and count no further one."""
    return await _count(tx, subject, limit) is None


async def count(tx: Tx, subject: str, limit: AttemptLimit) -> None:
    """Count an attempt. Raises TooManyRequestsError if there were too many."""
    ends_at = await _count(tx, subject, limit)
    # guard: limits on attempts
    if ends_at is not None:
        raise TooManyRequestsError(ends_at, gettext("Too many attempts. Please wait a few minutes."))


async def _count(tx: Tx, subject: str, limit: AttemptLimit) -> int | None:
    """Count an attempt; return None if it is allowed, else when its window ends."""
    hashed = hash_secret(subject)
    number, ends_at = await attempt_queries.increment(tx, hashed, limit.window_ms)
    if number <= limit.max_attempts:
        return None
    # The count stays at the limit, so that what is taken back makes room for another attempt.
    await attempt_queries.decrement(tx, hashed)
    return ends_at


async def take_back(tx: Tx, subject: str) -> None:
    """Take back an attempt that succeeded."""
    await attempt_queries.decrement(tx, hash_secret(subject))


async def reset(tx: Tx, subject: str) -> None:
    """Forget the attempts of a subject."""
    await attempt_queries.delete_by_subject(tx, hash_secret(subject))


async def purge_ended(tx: Tx) -> None:
    """Delete counts that limit nothing any more."""
    await attempt_queries.delete_ended(tx)
