"""When to try again: a pure function of how often it failed.

n^4 + 15 seconds with jitter, as Mastodon's: 16 s, 31 s, 96 s … some 7.5 hours at the 13th; all together about
three days.
"""

from __future__ import annotations

MAX_ATTEMPTS = 16
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def retry_delay_ms(attempts: int, jitter: float) -> int:
    """Return the milliseconds until the next attempt, after `attempts` failures; `jitter` is from 0 to 1."""
    seconds = 15 + attempts**4
    return int(seconds * (1 + 0.3 * jitter) * 1000)


def circuit_delay_ms(failures: int, jitter: float) -> int:
    """Return the milliseconds for which a peer is not asked, after that many failures in a row."""
    if failures < 5:
        return 0
    return min(DAY_MS, int(60_000 * 2 ** min(failures - 5, 11) * (1 + 0.2 * jitter)))


def parse_retry_after(text: str) -> int:
    """Return the milliseconds that Retry-After asks for (in seconds), at most an hour; 0 for no number."""
    return min(int(text) * 1000, HOUR_MS) if text.isascii() and text.isdigit() and len(text) < 7 else 0
