"""Each spelling of an address becomes the same value; what is no address becomes none."""

from __future__ import annotations

import pytest

from fedserver.text.ip_addresses import (
    normalize_address,
    parse_customer_network,
    parse_network,
    to_limit_key,
)

IPV4 = (
    "192.0.2.1",
    " 192.0.2.1 ",
    "192.0.2.1:4711",
    '"192.0.2.1"',
    "::ffff:192.0.2.1",
    "::FFFF:192.0.2.1",
    "::ffff:c000:0201",
    "0:0:0:0:0:FFFF:C000:201",
    "[::ffff:192.0.2.1]:443",
    "[::ffff:192.0.2.1%eth0]",
)
IPV6 = (
    "2001:db8::a",
    "2001:DB8::A",
    "2001:0db8:0000:0000:0000:0000:0000:000a",
    "[2001:db8::a]",
    "[2001:db8::a]:4711",
    '"[2001:db8::a]:4711"',
    "2001:db8::a%eth0",
    "[2001:db8::a%25eth0]:80",
)
NO_ADDRESS = (
    "", "unknown", "_hidden", "-", "192.0.2", "192.0.2.256", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:123456",
    "[2001:db8::a", "2001:db8::a]", "[2001:db8::a]x", "[2001:db8::a]:", "2001:db8::g", "1" * 5_000, "[", "%",
    "192.0.2.1, 192.0.2.2", "010.0.0.1", "\x00", "²",
)  # fmt: skip


@pytest.mark.parametrize(("spellings", "expected"), [(IPV4, "192.0.2.1"), (IPV6, "2001:db8::a")])
def test_spellings_of_an_address_have_one_form(spellings: tuple[str, ...], expected: str) -> None:
    assert {text: normalize_address(text) for text in spellings} == dict.fromkeys(spellings, expected)


def test_no_address_has_no_form() -> None:
    assert {normalize_address(text) for text in NO_ADDRESS} == {""}
    assert {to_limit_key(text) for text in NO_ADDRESS} == {""}


def test_addresses_of_one_customer_count_together() -> None:
    assert {to_limit_key(text) for text in IPV6} == {"2001:db8::/64"}
    assert to_limit_key("2001:db8::ffff:ffff:ffff:ffff") == "2001:db8::/64"
    assert to_limit_key("2001:db8:0:1::") == "2001:db8:0:1::/64"
    assert {to_limit_key(text) for text in IPV4} == {"192.0.2.1"}


def test_networks_are_read_in_every_spelling() -> None:
    assert str(parse_network("192.0.2.7/24")) == "192.0.2.0/24"
    assert str(parse_network("::ffff:192.0.2.7/120")) == "192.0.2.0/24"
    assert str(parse_network("::ffff:192.0.2.7")) == "192.0.2.7/32"
    assert str(parse_network("2001:DB8::7/48")) == "2001:db8::/48"
    assert str(parse_network("2001:db8::7")) == "2001:db8::7/128"
    assert str(parse_customer_network("2001:db8::7")) == "2001:db8::/64"
    assert str(parse_customer_network("2001:db8::7/128")) == "2001:db8::/64"
    assert str(parse_customer_network("2001:db8::7/48")) == "2001:db8::/48"
    assert str(parse_customer_network("::ffff:192.0.2.7")) == "192.0.2.7/32"


@pytest.mark.parametrize(
    "text", ["", "/", "192.0.2.0/33", "192.0.2.0/x", "::ffff:192.0.2.7/64", "all", "::/129"]
)
def test_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_network(text)
