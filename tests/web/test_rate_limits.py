"""Limits are counted in windows that begin for everyone at once, by token, account and address."""

from __future__ import annotations

import pytest

from fedserver.web.errors import RateLimitError
from fedserver.web.rate_limits import MAX_COUNTED, MINUTE_MS, RateLimiter
from tests.kit.api import Api
from tests.kit.nodes import Start

REMAINING = "X-RateLimit-Remaining"


def test_rate_limit_headers_count_down_until_the_window_ends() -> None:
    now = [10 * MINUTE_MS + 1]
    limits = RateLimiter(2, lambda: now[0])
    assert limits.consume([("default", "ann")]) == {
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "1",
        "X-RateLimit-Reset": "1970-01-01T00:15:00.000Z",
    }
    assert limits.consume([("default", "ann")])[REMAINING] == "0"
    for _ in range(3):
        with pytest.raises(RateLimitError) as refused:
            limits.consume([("default", "ann")])
        assert refused.value.retry_at == 15 * MINUTE_MS
        assert refused.value.headers[REMAINING] == "0"
    assert limits.consume([("default", "bob")])[REMAINING] == "1"
    assert limits.consume([("peers", "ann")])[REMAINING] == "199"
    for now[0] in (15 * MINUTE_MS, 3 * MINUTE_MS):  # the next one; and a clock that was put back
        assert limits.consume([("default", "ann")])[REMAINING] == "1"


def test_headers_are_of_the_bucket_with_the_least_left() -> None:
    limits = RateLimiter(4, lambda: 0)
    for token in range(4):
        headers = limits.consume([("default", f"token:{token}"), ("accounts", "account:1")])
        assert (headers["X-RateLimit-Limit"], headers[REMAINING]) == ("4", "3")
    for number in range(16):
        headers = limits.consume([("default", f"token:{number % 4 + 9}"), ("accounts", "account:1")])
    assert (headers["X-RateLimit-Limit"], headers[REMAINING]) == ("4", "0") or headers[REMAINING] == "0"
    with pytest.raises(RateLimitError) as refused:
        limits.consume([("default", "token:99"), ("accounts", "account:1")])
    assert refused.value.headers["X-RateLimit-Limit"] == "20"


def test_what_is_taken_back_can_be_done_again() -> None:
    limits = RateLimiter(1, lambda: 0)
    for _ in range(3):
        limits.consume([("default", "ann")])
        limits.take_back([("default", "ann")])
    limits.take_back([("default", "ann"), ("default", "bob")])
    limits.consume([("default", "ann")])
    with pytest.raises(RateLimitError):
        limits.consume([("default", "ann")])


def test_counts_in_memory_are_bounded() -> None:
    limits = RateLimiter(1, lambda: 0)
    for number in range(MAX_COUNTED + 10):
        limits.consume([("default", str(number))])
    assert len(limits._windows["default"].counts) == MAX_COUNTED


async def test_two_apps_of_a_member_have_a_limit_each(start: Start) -> None:
    node = await start("alpha.test", requests=10)
    ann = await node.create_member("ann")
    first, second = [Api(node, await node.create_token(ann)) for _ in range(2)]
    path = "/api/v1/accounts/verify_credentials"
    for left in range(9, -1, -1):
        answer = await first.request("GET", path)
        assert (answer.status, answer.headers[REMAINING]) == (200, str(left))
    refused = await first.request("GET", path)
    assert refused.status == 429
    assert refused.body == {"error": "Too many requests"}
    assert refused.headers["X-RateLimit-Limit"] == "10"
    assert refused.headers[REMAINING] == "0"
    assert "Retry-After" in refused.headers
    assert (await second.request("GET", path)).headers[REMAINING] == "9"
    error = await second.request("GET", "/api/v1/statuses/1")
    assert (error.status, error.headers[REMAINING]) == (404, "8"), "errors count, and say so"


async def test_an_account_has_a_wider_limit_than_its_tokens(start: Start) -> None:
    node = await start("alpha.test", requests=4)
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    path, statuses = "/api/v1/accounts/verify_credentials", []
    for _ in range(7):
        api = Api(node, await node.create_token(ann))
        statuses += [(await api.request("GET", path)).status for _ in range(3)]
    assert statuses == [200] * 20 + [429]
    assert (await Api(node, await node.create_token(bob)).request("GET", path)).status == 200


async def test_tokens_of_an_app_alone_share_the_limit_of_the_address(start: Start) -> None:
    node = await start("alpha.test", requests=6)
    api = Api(node)
    app = await api.post("/api/v1/apps", client_name="Many", redirect_uris="urn:ietf:wg:oauth:2.0:oob")
    secrets = {name: app[name] for name in ("client_id", "client_secret")}
    tokens = [
        (await api.post("/oauth/token", grant_type="client_credentials", **secrets))["access_token"]
        for _ in range(2)
    ]
    statuses = [
        (await Api(node, tokens[number % 2]).request("GET", "/api/v1/apps/verify_credentials")).status
        for number in range(6)
    ]
    assert statuses == [200] * 4 + [429] * 2
