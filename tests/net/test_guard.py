"""No door leads inwards."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from fedserver.net.errors import RequestRefusedError
from fedserver.net.guard import Guard

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.5", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "ff02::1", "2001:0:7f00:1::80ff:fffe", "not-an-ip",
    "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::1", "2002:c0a8:101::", "2002:a9fe:a9fe::",
    "2001:0:101:101::80ff:fffe", "::7f00:1", "::101:101", "::ffff:169.254.169.254", "::ffff:0:7f00:1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    assert not Guard().is_allowed(address, 443)


SPECIAL = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/31",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "::/128", "::1/128", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64",
    "100:0:0:1::/64", "2001::/23", "2001::/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128",
    "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28",
    "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
    "fec0::/10", "ff00::/8",
]  # fmt: skip


@pytest.mark.parametrize("network", SPECIAL)
def test_no_special_purpose_range_is_asked(network: str) -> None:
    span = ip_network(network)
    for address in (span[0], span[-1], span[span.num_addresses // 2]):
        assert not Guard().is_allowed(str(address), 443), address


def test_what_is_carried_inside_is_checked_where_the_outer_range_is_allowed() -> None:
    guard = Guard(["64:ff9b::/96"])
    assert guard.is_allowed("64:ff9b::101:101", 443)
    assert not guard.is_allowed("64:ff9b::a00:1", 443)
    assert not guard.is_allowed("64:ff9b::7f00:1", 443)
    assert Guard(["10.0.0.0/8"]).is_allowed("::ffff:10.0.0.1", 443)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111"])
def test_public_addresses_on_web_ports_only(address: str) -> None:
    assert Guard().is_allowed(address, 443)
    assert Guard().is_allowed(address, 80)
    assert not Guard().is_allowed(address, 22)
    assert not Guard().is_allowed(address, 8080)


def test_named_networks_are_allowed_and_no_others() -> None:
    guard = Guard(["127.0.0.0/8", "10.1.0.0/16"])
    assert guard.is_allowed("127.0.0.1", 9999)
    assert guard.is_allowed("10.1.2.3", 443)
    assert not guard.is_allowed("10.2.0.1", 443)
    assert not guard.is_allowed("::1", 443)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://x.test/", "https://",
        "https://user@example.org/", "https://user:pw@example.org/", "https://example.org:22/",
        "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/",
        "https://0x7f.1/", "https://１２７.0.0.1/", "//example.org/", "https://a b/", "https://x.test:99999/",
        "https://" + "a" * 3_000,
    ],
)  # fmt: skip
def test_odd_addresses_are_refused(url: str) -> None:
    with pytest.raises(RequestRefusedError):
        Guard().check_url(url)


def test_plain_addresses_pass() -> None:
    assert Guard().check_url("https://example.org/users/a?page=1").hostname == "example.org"
    assert Guard(allow_http=True).check_url("http://example.org/").scheme == "http"
