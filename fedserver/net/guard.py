"""Which addresses requests may go to: never this machine or its neighbours (SSRF).

The check is made on the address that is about to be connected, in the socket factory, so that no
spelling of an address, no name that resolves inwards and no second look-up gets past it. Everything that is
not an ordinary public address is refused, unless the configuration names the network. A node that reaches
IPv4 through NAT64 names 64:ff9b::/96; the IPv4 address inside is checked all the same.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from addresses.hosts import normalize_url
from fedserver.net.errors import ForbiddenAddressError, RequestRefusedError

ALLOWED_PORTS = frozenset({80, 443})
# The IANA registries of special-purpose addresses (RFC 6890), those included that are reachable from
# everywhere, as no web server has one. `is_global` of Python 3.11 and 3.12 lets some of them pass.
SPECIAL_NETWORKS = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
)  # fmt: skip
# All IPv6 that is given to networks; the rest is special or unassigned.
UNICAST_NETWORK = IPv6Network("2000::/3")
# Ranges whose v6 addresses carry a v4 one: the inner one is what is reached.
NAT64_NETWORKS = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
NUMERIC_CHARACTERS = set("0123456789abcdefx.")


class Guard:
    """The rules for one node. `allow_networks` are CIDRs of private networks where peers live."""

    def __init__(self, allow_networks: Sequence[str] = (), *, allow_http: bool = False) -> None:
        self._allowed = [ip_network(network, strict=False) for network in allow_networks]
        self._schemes = ("https", "http") if allow_http else ("https",)

    def check_url(self, url: str) -> SplitResult:
        """Return the parts of `url`. Raises RequestRefusedError for other schemes, users, odd hosts."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise RequestRefusedError(url[:80], "not an address") from error
        if parts.scheme not in self._schemes:
            raise RequestRefusedError(host or url[:80], f"scheme {parts.scheme or 'missing'} is not allowed")
        if parts.username is not None or not host or len(url) > 2_048 or not url.isprintable() or " " in url:
            raise RequestRefusedError(host or url[:80], "not an address that we request")
        if not self._allowed and (port not in (None, *ALLOWED_PORTS)):
            raise RequestRefusedError(host, f"port {port} is not allowed")
        self._check_spelling(host)
        if not normalize_url(url):
            raise RequestRefusedError(host, "not a host name")
        return parts

    def normalize_url(self, url: str) -> str:
        """Return an address as it is signed and requested. Raises RequestRefusedError as `check_url` does."""
        self.check_url(url)
        return normalize_url(url)

    def check_target(self, url: str) -> SplitResult:
        """Return the parts of `url`, whose host, if it is an address, must be one that may be connected.

        Raises RequestRefusedError.
        """
        parts = self.check_url(url)
        host = parts.hostname or ""
        try:
            ip_address(host)
        except ValueError:
            return parts
        if not self.is_allowed(host, parts.port or 443):
            raise RequestRefusedError(host, "a private or reserved address")
        return parts

    def _check_spelling(self, host: str) -> None:
        """Refuse numbers that are not a plain address: octal, hexadecimal, short forms."""
        try:
            ip_address(host)
        except ValueError:
            last = host.rstrip(".").rpartition(".")[2]
            if last[:1].isdigit() and set(last) <= NUMERIC_CHARACTERS:
                raise RequestRefusedError(host, "an address in an odd spelling") from None
            if not host.isascii():
                raise RequestRefusedError(host, "not an ASCII host name") from None

    def is_allowed(self, address: str, port: int) -> bool:
        """Return True if this very address may be connected."""
        try:
            ip = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(ip, "ipv4_mapped", None)
        return all(self._is_ip_allowed(candidate, port) for candidate in {mapped or ip, _unwrap_ipv4(ip)})

    def _is_ip_allowed(self, ip: IPv4Address | IPv6Address, port: int) -> bool:
        if any(ip in network for network in self._allowed):
            return True
        return port in ALLOWED_PORTS and _is_public(ip)

    def open_socket(self, info: Any) -> socket.socket:
        """Return a socket for an allowed address, for aiohttp. Raises ForbiddenAddressError."""
        family, kind, protocol, _, address = info
        # guard: connected address
        if not self.is_allowed(address[0], address[1]):
            raise ForbiddenAddressError(f"{address[0]} is a private or reserved address")
        return socket.socket(family, kind, protocol)


def _unwrap_ipv4(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address inside a mapped, translated or tunnelled IPv6 one, else the address itself."""
    if isinstance(ip, IPv4Address):
        return ip
    if any(ip in network for network in NAT64_NETWORKS):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    teredo = ip.teredo
    return ip.ipv4_mapped or ip.sixtofour or (teredo[1] if teredo else None) or ip


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv6Address) and ip not in UNICAST_NETWORK:
        return False
    return ip.is_global and not any(ip in network for network in SPECIAL_NETWORKS)
