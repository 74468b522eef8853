"""How often one account or address may ask (docs.joinmastodon.org/api/rate-limits).

Counted in the memory of the process, in windows of some minutes that begin anew for everybody at once; with
several processes each counts alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fedserver.domain.kernel.errors import TooManyRequestsError

DEFAULT_LIMIT = "default"
MINUTE_MS = 60_000


class _Window:
    """What everybody has asked for in the present window; of earlier ones nothing is kept."""

    __slots__ = ("begins_at", "counts", "ends_at", "length", "limit", "most", "reset")

    def __init__(self, most: int, minutes: int) -> None:
        self.most, self.length = most, minutes * MINUTE_MS
        self.limit = str(most)
        self.begins_at = self.ends_at = 0
        self.reset = ""
        self.counts: dict[str, int] = {}

    def increment(self, who: str, now: int) -> int:
        """How often `who` has asked by now, this time included."""
        if not self.begins_at <= now < self.ends_at:
            self._begin(now)
        count = self.counts.get(who, 0) + 1
        if count <= self.most:
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
            # Peers deliver for many people from one address.
            "peers": _Window(requests * 100, 5),
            "media": _Window(max(30, requests // 10), 30),
            "deletions": _Window(max(30, requests // 10), 30),
            "translations": _Window(max(30, requests // 10), 30),
            "sign_ups": _Window(max(5, requests // 60), 30),
            "log_ins": _Window(max(25, requests // 12), 5),
        }

    def consume(self, name: str, who: str) -> dict[str, str]:
        """Count one request of `who`; the headers that say what is left, the reset as Mastodon writes it.

        Raises TooMany when nothing is left.
        """
        window = self._windows[name]
        count = window.increment(who, self._clock())
        if count > window.most:
            raise TooManyRequestsError(window.ends_at)
        return {
            "X-RateLimit-Limit": window.limit,
            "X-RateLimit-Remaining": str(window.most - count),
            "X-RateLimit-Reset": window.reset,
        }
