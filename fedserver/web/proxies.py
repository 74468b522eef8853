"""The address of the client behind reverse proxies. Only trusted proxies are believed."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address

from aiohttp import hdrs, web

from fedserver.net.forwarding import list_named_hops
from fedserver.text.ip_addresses import Address, parse_address, parse_network

LOOPBACK = IPv4Address("127.0.0.1")  # stands for a unix socket: only a local proxy can reach it
CLIENT_ADDRESS: web.RequestKey[str] = web.RequestKey("client_address", str)


class Proxies:
    """The addresses and networks of proxies whose `X-Forwarded-For` or `Forwarded` is trusted."""

    def __init__(self, trusted: tuple[str, ...]) -> None:
        self._networks = [parse_network(network) for network in trusted]
        self._identify_peer = lru_cache(4_096)(self._read_peer)
        self._trusts = lru_cache(4_096)(self._is_trusted)

    def resolve_client_address(self, request: web.Request) -> str:
        """Return the address of the nearest hop that is not trusted, in its one spelling.

        Where a hop cannot be read (`unknown`, RFC 7239 §6.2, or forged), it is the hop before that one.
        """
        try:
            return request[CLIENT_ADDRESS]
        except KeyError:  # outside the middleware, which asks first
            return self.record_client_address(request)

    def record_client_address(self, request: web.Request) -> str:
        """Find and return the address of a new request; blocks, limits and logs ask for it again."""
        address, is_trusted = self._identify_peer(request.remote or "")
        # guard: addresses that only trusted proxies name @true
        if is_trusted:
            address = self._resolve_hops(address, request)
        request[CLIENT_ADDRESS] = address
        return address

    def _read_peer(self, remote: str) -> tuple[str, bool]:
        """Return the address at the other end of the connection, and True if it is a trusted proxy."""
        peer = parse_address(remote) or LOOPBACK
        return str(peer), self._is_trusted(peer)

    def _resolve_hops(self, peer: str, request: web.Request) -> str:
        client = peer
        if hdrs.X_FORWARDED_FOR not in request.headers and hdrs.FORWARDED not in request.headers:
            return client
        for hop in reversed(_list_hops(request)):
            address = parse_address(hop)
            if address is None:
                break
            client = str(address)
            if not self._trusts(address):
                break
        return client

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _list_hops(request: web.Request) -> list[str]:
    """Return the hops that proxies name, the nearest last.

    `Forwarded` (RFC 7239) is read only without `X-Forwarded-For`, which nearly all proxies write: a proxy
    that knows the one passes on the other as the client sent it.
    """
    names = (hdrs.X_FORWARDED_FOR, hdrs.FORWARDED)
    return list_named_hops({name: _join_header(request, name) for name in names if name in request.headers})


def _join_header(request: web.Request, name: str) -> str:
    """Return all lines of a header as one (RFC 9110 §5.3); each proxy may add a line at the end."""
    return ",".join(request.headers.getall(name))
