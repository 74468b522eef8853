"""Whether and when to try again: pure functions of the answer and of how often it failed.

n^4 + 15 seconds with jitter, as Mastodon's: 16 s, 31 s, 96 s … some 7.5 hours at the 13th; all together about
three days.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime

MAX_ATTEMPTS = 16
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# A peer that cannot verify a signature often cannot fetch our key at that moment. Eight attempts are an hour
# and a half; what is refused after that was meant.
MAX_UNAUTHORIZED_ATTEMPTS = 8
TOO_MANY_REQUESTS = 429
# Client errors that pass: a timeout, a risk of replay, a rate limit. All others say something of the
# request itself, which would be the same the next time: 400, 413, 415 and 422 of its content; 403 of sender
# and receiver (a block, mostly); 404 and 410 of an inbox that does not exist (any more); 405, 406 and all
# else of a server that takes no such requests. Mastodon decides likewise.
TEMPORARY_CLIENT_ERRORS = frozenset({408, 425, TOO_MANY_REQUESTS})
NOT_IMPLEMENTED = 501  # the only server error that does not pass


def is_retryable(status: int, attempts: int) -> bool:
    """Return True if a delivery that got this status, not a success, may be accepted later.

    `attempts` includes the one that got it. Redirects count as temporary: inboxes do not move, but servers
    under maintenance redirect everything.
    """
    if status == 401:
        return attempts < MAX_UNAUTHORIZED_ATTEMPTS
    if 400 <= status < 500:
        return status in TEMPORARY_CLIENT_ERRORS
    return status != NOT_IMPLEMENTED


def may_concern_host(status: int) -> bool:
    """Return True for a status that may be due to the state of the host and not to the request."""
    return status == TOO_MANY_REQUESTS or (status >= 500 and status != NOT_IMPLEMENTED)


def signals_outage(status: int) -> bool:
    """Return True for a status by which a host says that it takes nothing now, whatever the request.

    A plain 500 is not among them: it is what an application answers that fails at one activity. 520 and above
    are of Cloudflare, when it does not reach the server behind it.
    """
    return status in (TOO_MANY_REQUESTS, 502, 503, 504) or status >= 520


def retry_delay_ms(attempts: int, jitter: float) -> int:
    """Return the milliseconds until the next attempt, after `attempts` failures; `jitter` is from 0 to 1."""
    seconds = 15 + attempts**4
    return int(seconds * (1 + 0.3 * jitter) * 1000)


def circuit_delay_ms(failures: int, jitter: float) -> int:
    """Return the milliseconds for which a peer is not asked, after that many failures in a row.

    After the first the next delivery is tried at once, as the failure may be due to one activity. Then 15 s,
    30 s, 1 min … a day.
    """
    if failures < 2:
        return 0
    return min(DAY_MS, int(15_000 * 2 ** min(failures - 2, 13) * (1 + 0.2 * jitter)))


def parse_retry_after(text: str, now: int) -> int:
    """Return the milliseconds from `now` (ms UTC) that Retry-After asks for, at most an hour.

    It holds seconds or a date (RFC 9110 §10.2.3); 0 for anything else.
    """
    if text.isascii() and text.isdigit():
        return min(int(text) * 1000, HOUR_MS) if len(text) < 7 else HOUR_MS
    try:
        moment = parsedate_to_datetime(text[:100]).timestamp() * 1000
    except (ValueError, TypeError, OverflowError):
        return 0
    return max(0, min(int(moment) - now, HOUR_MS))
