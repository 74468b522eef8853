"""How many requests one account or address may make (docs.joinmastodon.org/api/rate-limits).

Counted in the memory of the process, in windows of some minutes that begin for everyone at once; each of
several processes counts for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fedserver.domain.kernel.errors import TooManyRequestsError

DEFAULT_LIMIT = "default"
MINUTE_MS = 60_000


class _Window:
    """The counts of the current window; those of earlier ones are dropped."""

    __slots__ = ("begins_at", "counts", "ends_at", "length", "limit", "limit_text", "reset")

    def __init__(self, limit: int, minutes: int) -> None:
        self.limit, self.length = limit, minutes * MINUTE_MS
        self.limit_text = str(limit)
        self.begins_at = self.ends_at = 0
        self.reset = ""
        self.counts: dict[str, int] = {}

    def increment(self, who: str, now: int) -> int:
        """Count a request of `who` and return the count."""
        if not self.begins_at <= now < self.ends_at:
            self._begin(now)
        count = self.counts.get(who, 0) + 1
        if count <= self.limit:
            self.counts[who] = count
        return count

    def _begin(self, now: int) -> None:
        self.begins_at = now - now % self.length
        self.ends_at = self.begins_at + self.length
        reset = datetime.fromtimestamp(self.ends_at / 1000, UTC).isoformat(timespec="milliseconds")
        self.reset = reset.replace("+00:00", "Z")
        self.counts = {}


class RateLimiter:
    """Named limits, each a count per window of minutes."""

    def __init__(self, requests: int, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._windows = {
            DEFAULT_LIMIT: _Window(requests, 5),
            # Peers deliver for many accounts from one address.
            "peers": _Window(requests * 100, 5),
            "media": _Window(max(30, requests // 10), 30),
            "deletions": _Window(max(30, requests // 10), 30),
            "translations": _Window(max(30, requests // 10), 30),
            "sign_ups": _Window(max(5, requests // 60), 30),
            "log_ins": _Window(max(25, requests // 12), 5),
        }

    def consume(self, name: str, who: str) -> dict[str, str]:
        """Count one request of `who` and return the headers about its limit, in Mastodon's format.

        Raises TooManyRequestsError when nothing is left.
        """
        window = self._windows[name]
        count = window.increment(who, self._clock())
        if count > window.limit:
            raise TooManyRequestsError(window.ends_at)
        return {
            "X-RateLimit-Limit": window.limit_text,
            "X-RateLimit-Remaining": str(window.limit - count),
            "X-RateLimit-Reset": window.reset,
        }
