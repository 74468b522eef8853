"""The address of a client behind proxies; forged and unreadable headers."""

from __future__ import annotations

from typing import Any, cast

import pytest
from aiohttp import web
from multidict import CIMultiDict

from fedserver.web.proxies import Proxies
from tests.kit.api import Api
from tests.kit.nodes import Start

LOOPBACK, PRIVATE = "127.0.0.1", "10.0.0.0/8"
FORWARDED = "X-Forwarded-For"


class Request(dict[object, object]):
    """The parts of a request that name addresses, and what was found before."""

    def __init__(self, remote: str | None, *headers: tuple[str, str]) -> None:
        super().__init__()
        self.remote, self.headers = remote, CIMultiDict(headers)


def resolve(remote: str | None, *headers: tuple[str, str]) -> str:
    request = cast(web.Request, Request(remote, *headers))
    return Proxies((LOOPBACK, "::1", PRIVATE)).resolve_client_address(request)


def test_address_of_the_client() -> None:
    cases: list[tuple[str, str | None, tuple[tuple[str, str], ...]]] = [
        ("192.0.2.1", "192.0.2.1", ()),
        ("192.0.2.1", "192.0.2.1", ((FORWARDED, "198.51.100.1"),)),
        ("127.0.0.1", None, ()),
        ("127.0.0.1", "", ()),
        ("198.51.100.1", "", ((FORWARDED, "198.51.100.1"),)),
        ("198.51.100.1", "::ffff:127.0.0.1", ((FORWARDED, "203.0.113.1, 198.51.100.1"),)),
        ("198.51.100.1", "127.0.0.1", ((FORWARDED, "203.0.113.1, 198.51.100.1, ::FFFF:10.0.0.1"),)),
        ("198.51.100.1", "127.0.0.1", ((FORWARDED, "::ffff:198.51.100.1"),)),
        ("2001:db8::1", "::1", ((FORWARDED, "[2001:DB8:0::1]:443"),)),
        ("fe80::1", "fe80::1%eth0", ()),
        # What cannot be read ends at the hop before.
        ("10.0.0.1", "127.0.0.1", ((FORWARDED, "203.0.113.1, unknown, 10.0.0.1"),)),
        ("127.0.0.1", "127.0.0.1", ((FORWARDED, "'; DROP TABLE x"),)),
        ("127.0.0.1", "127.0.0.1", ((FORWARDED, ""),)),
        ("198.51.100.1", "127.0.0.1", ((FORWARDED, "198.51.100.1,,"),)),
        ("10.0.0.9", "127.0.0.1", ((FORWARDED, "10.0.0.9"),)),
        ("127.0.0.1", "127.0.0.1", ((FORWARDED, "9" * 5_000),)),
        # Of several lines the last was written by the nearest proxy.
        ("198.51.100.1", "127.0.0.1", ((FORWARDED, "203.0.113.1"), (FORWARDED, "198.51.100.1"))),
        # RFC 7239
        ("2001:db8::1", "127.0.0.1", (("Forwarded", 'proto=https;For="[2001:DB8::1]:4711";by=x'),)),
        ("198.51.100.1", "127.0.0.1", (("Forwarded", "for=203.0.113.1, for=198.51.100.1"),)),
        ("127.0.0.1", "127.0.0.1", (("Forwarded", "for=203.0.113.1, for=_hidden"),)),
        ("127.0.0.1", "127.0.0.1", (("Forwarded", "for=203.0.113.1, proto=http"),)),
        ("198.51.100.1", "127.0.0.1", (("Forwarded", "for=203.0.113.1"), (FORWARDED, "198.51.100.1"))),
    ]
    for expected, remote, headers in cases:
        assert resolve(remote, *headers) == expected, (remote, headers)


@pytest.mark.parametrize(
    "spellings",
    [
        ["2001:db8::1", "2001:DB8:0:0:0:0:0:2", "[2001:db8::3]:99", "2001:db8::4%1", "2001:db8::ffff:5"],
        ["192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201", "[::ffff:192.0.2.1]", "192.0.2.1:80"],
    ],
)
async def test_one_address_in_many_spellings_has_one_limit(start: Start, spellings: list[str]) -> None:
    node = await start("alpha.test", requests=4)
    api, statuses = Api(node), []
    for spelling in spellings:
        answer = await api.request("GET", "/api/v1/instance/rules", headers={FORWARDED: spelling})
        statuses.append(answer.status)
    assert statuses == [200, 200, 200, 200, 429]
    other = await api.request("GET", "/api/v1/instance/rules", headers={FORWARDED: "2001:db8:0:1::1"})
    assert other.status == 200


async def test_signup_and_login_limits_hold_for_a_network_of_ipv6(start: Start) -> None:
    node = await start("alpha.test", requests=60)
    login: dict[str, Any] = {"username": "nobody", "password": "wrong password"}
    statuses = {"/login": set[int](), "/signup": set[int]()}
    for path, answered in statuses.items():
        for number in range(30):
            headers = {FORWARDED: f"2001:db8::{number:x}"}
            async with node.http.post(path, data=login, headers=headers, allow_redirects=False) as answer:
                answered.add(answer.status)
    assert all(429 in answered for answered in statuses.values()), statuses
