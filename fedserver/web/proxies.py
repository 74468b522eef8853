"""The address of the client behind a reverse proxy. Only trusted proxies are believed."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network

from aiohttp import web


class Proxies:
    """The addresses and networks of proxies whose `X-Forwarded-For` is trusted."""

    def __init__(self, trusted: tuple[str, ...]) -> None:
        self._networks = [ip_network(network, strict=False) for network in trusted]
        self._trusts = lru_cache(4_096)(self._is_trusted)

    def resolve_client_address(self, request: web.Request) -> str:
        """Return the address of the nearest hop that is not trusted, read from the right."""
        hops = [request.remote or "127.0.0.1"]
        if "X-Forwarded-For" not in request.headers:
            return hops[0]
        for value in request.headers.getall("X-Forwarded-For", []):
            hops[:0] = [hop.strip() for hop in value.split(",")][-20:]
        for hop in reversed(hops):
            if not self._trusts(hop):
                return hop if _is_address(hop) else hops[-1]
        return hops[0] if _is_address(hops[0]) else hops[-1]

    def _is_trusted(self, hop: str) -> bool:
        if not _is_address(hop):
            # A unix socket has no address; only a local proxy can reach it.
            return hop == ""
        address = ip_address(hop)
        return any(address in network for network in self._networks)


@lru_cache(4_096)
def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
