"""IP addresses in one form: of sockets, of reverse proxies, of moderators and of stored rows.

Limits, blocks and logs compare addresses, so each spelling of one has to become the same value: capitals and
leading zeros (RFC 5952), IPv4 inside IPv6 (RFC 4291 §2.5.5.2), a zone (RFC 4007 §11), brackets and a port
(RFC 7239 §6).
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_TEXT = 100  # the longest spelling, with zone, brackets and port, is shorter
# Devices choose the other half themselves, so a network of this size is one customer (RFC 4291 §2.5.1).
CUSTOMER_PREFIX = 64
MAPPED_PREFIX = 96  # before the IPv4 address in an IPv4-mapped one


def parse_address(text: str) -> Address | None:
    """Return an address; an IPv4-mapped one as IPv4, without zone and port. Returns None for anything else.

    Anything else may be a unix socket, or an obfuscated or unknown node (RFC 7239 §6.3).
    """
    return _parse_short(text) if len(text) <= MAX_TEXT else None


@lru_cache(4_096)  # of short texts: anybody can name an address of 8 kB
def _parse_short(text: str) -> Address | None:
    try:
        ip = ip_address(_strip_port(text.strip().strip('"')).partition("%")[0])
    except ValueError:
        return None
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


def _strip_port(text: str) -> str:
    """Return the host of `host`, `[host]`, `host:port` or `[host]:port`. Raises ValueError."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not _is_port(rest)):
            raise ValueError("not an address in brackets")
        return host
    host, colon, port = text.partition(":")
    return host if colon and "." in host and _is_port(f":{port}") else text


def _is_port(text: str) -> bool:
    digits = text[1:]
    return text.startswith(":") and digits.isascii() and digits.isdigit() and len(digits) <= 5


def normalize_address(text: str) -> str:
    """Return an address in its one spelling, '' for what is none."""
    ip = parse_address(text)
    return str(ip) if ip is not None else ""


def parse_network(text: str) -> Network:
    """Return a network; an address alone is a network of one. Raises ValueError.

    A network of IPv4-mapped addresses becomes one of IPv4.
    """
    host, slash, prefix = text.strip().partition("/")
    ip = parse_address(host)
    if ip is None:
        raise ValueError(f"{text[:MAX_TEXT]!r} does not appear to be an IPv4 or IPv6 network")
    if slash and isinstance(ip, IPv4Address) and ":" in host:
        bits = int(prefix) - MAPPED_PREFIX if prefix.isascii() and prefix.isdigit() else -1
        if bits < 0:
            raise ValueError(f"{text[:MAX_TEXT]!r} has more than IPv4-mapped addresses")
        prefix = str(bits)
    return ip_network(f"{ip}/{prefix}" if slash else str(ip), strict=False)


def parse_customer_network(text: str) -> Network:
    """Return a network, of IPv6 at least that of a customer. Raises ValueError."""
    network = parse_network(text)
    if isinstance(network, IPv4Network) or network.prefixlen <= CUSTOMER_PREFIX:
        return network
    return network.supernet(new_prefix=CUSTOMER_PREFIX)


@lru_cache(4_096)
def to_limit_key(text: str) -> str:
    """Return what the requests of an address are counted under: IPv4 itself, of IPv6 the customer's network.

    Returns '' for what is no address.
    """
    ip = parse_address(text)
    if isinstance(ip, IPv6Address):
        return str(IPv6Network((ip, CUSTOMER_PREFIX), strict=False))
    return str(ip) if ip is not None else ""
