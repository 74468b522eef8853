"""Limits are counted in windows that begin anew for everybody at once."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.errors import TooManyRequestsError
from fedserver.web.rate_limits import MINUTE_MS, RateLimiter


def test_rate_limit_headers_count_down_until_the_window_ends() -> None:
    now = [10 * MINUTE_MS + 1]
    limits = RateLimiter(2, lambda: now[0])
    assert limits.consume("default", "ann") == {
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "1",
        "X-RateLimit-Reset": "1970-01-01T00:15:00.000Z",
    }
    assert limits.consume("default", "ann")["X-RateLimit-Remaining"] == "0"
    for _ in range(3):
        with pytest.raises(TooManyRequestsError) as refused:
            limits.consume("default", "ann")
        assert refused.value.retry_at == 15 * MINUTE_MS
    assert limits.consume("default", "bob")["X-RateLimit-Remaining"] == "1"
    assert limits.consume("peers", "ann")["X-RateLimit-Remaining"] == "199"
    for now[0] in (15 * MINUTE_MS, 3 * MINUTE_MS):  # the next one; and a clock that was put back
        assert limits.consume("default", "ann")["X-RateLimit-Remaining"] == "1"
