"""How many requests one token, account or address may make (docs.joinmastodon.org/api/rate-limits).

Counted in the memory of the process, in windows of some minutes that begin for everyone at once; each of
several processes counts for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from fedserver.domain.kernel.context import Principal
from fedserver.text.ip_addresses import to_limit_key
from fedserver.web.errors import RateLimitError

DEFAULT_LIMIT, ACCOUNT_LIMIT, LOGIN_LIMIT = "default", "accounts", "log_ins"
MINUTE_MS = 60_000
# As Mastodon: several apps and browsers of one member, each with a limit of its own.
TOKENS_PER_ACCOUNT = 5
MAX_COUNTED = 200_000  # of one window: what is counted is in memory, and addresses of IPv6 are many
Bucket = tuple[str, str]
"""The name of a limit, and for whom requests are counted."""


def list_buckets(limit: str, caller: Principal | None, address: str) -> list[Bucket]:
    """Return what a request counts for: its token or session and, with a wider limit, their account.

    Anonymous visitors count by address; apps too, as they can make themselves any number of tokens.
    """
    account = caller.account if caller is not None else None
    who = f"account:{account.id}" if account is not None else f"address:{to_limit_key(address)}"
    if limit != DEFAULT_LIMIT or caller is None:
        return [(limit, who)]
    token = f"session:{caller.session_id}" if caller.token_id is None else f"token:{caller.token_id}"
    return [(DEFAULT_LIMIT, token), (ACCOUNT_LIMIT if account is not None else DEFAULT_LIMIT, who)]


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
            if len(self.counts) > MAX_COUNTED:
                del self.counts[next(iter(self.counts))]
        return count

    def decrement(self, who: str) -> None:
        """Take back a request of `who`, if it was counted in this window."""
        if self.counts.get(who):
            self.counts[who] -= 1

    def build_headers(self, remaining: int) -> dict[str, str]:
        """Return the headers about this limit, in Mastodon's format."""
        return {
            "X-RateLimit-Limit": self.limit_text,
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": self.reset,
        }

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
        self._requests = requests
        self._windows = self._create_windows(requests)

    def set_requests(self, requests: int) -> None:
        """Apply another limit of requests in five minutes; counting begins again."""
        if requests != self._requests:
            self._requests, self._windows = requests, self._create_windows(requests)

    @staticmethod
    def _create_windows(requests: int) -> dict[str, _Window]:
        return {
            DEFAULT_LIMIT: _Window(requests, 5),
            ACCOUNT_LIMIT: _Window(requests * TOKENS_PER_ACCOUNT, 5),
            # Peers deliver for many accounts from one address.
            "peers": _Window(requests * 100, 5),
            "media": _Window(max(30, requests // 10), 30),
            "deletions": _Window(max(30, requests // 10), 30),
            "translations": _Window(max(30, requests // 10), 30),
            "remote_interactions": _Window(max(30, requests // 10), 30),
            "sign_ups": _Window(max(5, requests // 60), 30),
            LOGIN_LIMIT: _Window(max(25, requests // 12), 5),
            # An app registers once on each node, some at each log-in.
            "apps": _Window(max(5, requests // 60), 10),
        }

    def consume(self, buckets: Sequence[Bucket]) -> dict[str, str]:
        """Count one request in each bucket, and return the headers about the one with the least left.

        Raises RateLimitError when nothing is left in one; those after it are not counted.
        """
        now = self._clock()
        least: tuple[int, _Window] | None = None
        for name, who in buckets:
            window = self._windows[name]
            remaining = window.limit - window.increment(who, now)
            if remaining < 0:
                raise RateLimitError(window.ends_at, window.build_headers(0))
            if least is None or remaining < least[0]:
                least = remaining, window
        return least[1].build_headers(least[0]) if least is not None else {}

    def take_back(self, buckets: Sequence[Bucket]) -> None:
        """Take back a request, as it needs no limit after all."""
        for name, who in buckets:
            self._windows[name].decrement(who)
