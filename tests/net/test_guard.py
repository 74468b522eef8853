"""No door leads inwards."""

from __future__ import annotations

import pytest

from fedserver.net.errors import Refused
from fedserver.net.guard import Guard

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.5", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "ff02::1", "2001:0:7f00:1::80ff:fffe", "not-an-ip",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    assert not Guard().allows(address, 443)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111"])
def test_public_addresses_on_web_ports_only(address: str) -> None:
    assert Guard().allows(address, 443) and Guard().allows(address, 80)
    assert not Guard().allows(address, 22) and not Guard().allows(address, 8080)


def test_named_networks_are_allowed_and_no_others() -> None:
    guard = Guard(["127.0.0.0/8", "10.1.0.0/16"])
    assert guard.allows("127.0.0.1", 9999) and guard.allows("10.1.2.3", 443)
    assert not guard.allows("10.2.0.1", 443) and not guard.allows("::1", 443)


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
    with pytest.raises(Refused):
        Guard().check_url(url)


def test_plain_addresses_pass() -> None:
    assert Guard().check_url("https://example.org/users/a?page=1").hostname == "example.org"
    assert Guard(allow_http=True).check_url("http://example.org/").scheme == "http"
