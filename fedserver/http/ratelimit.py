"""How often one account or address may ask (docs.joinmastodon.org/api/rate-limits).

Counted in the memory of the process; with several processes each counts alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from msgspec import Struct

from fedserver import domain

DEFAULT = "default"


class Allowance(Struct, frozen=True):
    """What is left: a count, and when it begins anew (seconds since 1970)."""

    limit: int
    remaining: int
    reset: float

    def headers(self) -> dict[str, str]:
        """The `X-RateLimit-*` headers; the reset is a time in ISO 8601, as Mastodon writes it."""
        reset = datetime.fromtimestamp(self.reset, UTC).isoformat(timespec="milliseconds")
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": reset.replace("+00:00", "Z"),
        }


class Limits:
    """Named limits, each a count per window of minutes."""

    def __init__(self, requests: int, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._items: dict[str, RateLimitItem] = {
            DEFAULT: RateLimitItemPerMinute(requests, 5),
            # Peers deliver for many people from one address.
            "peers": RateLimitItemPerMinute(requests * 100, 5),
            "media": RateLimitItemPerMinute(max(30, requests // 10), 30),
            "deletions": RateLimitItemPerMinute(max(30, requests // 10), 30),
            "translations": RateLimitItemPerMinute(max(30, requests // 10), 30),
            "sign_ups": RateLimitItemPerMinute(max(5, requests // 60), 30),
            "log_ins": RateLimitItemPerMinute(max(25, requests // 12), 5),
        }
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def spend(self, name: str, who: str) -> Allowance:
        """Count one request of `who`. Raises TooMany when nothing is left."""
        item = self._items[name]
        allowed = await self._limiter.hit(item, name, who)
        reset, remaining = await self._limiter.get_window_stats(item, name, who)
        if not allowed:
            raise domain.TooMany(int(reset * 1000))
        return Allowance(item.amount, remaining, reset)
