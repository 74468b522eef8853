"""A throw-away certificate authority and a resolver, so that test hosts have honest https addresses."""

from __future__ import annotations

import socket
import ssl
from functools import cache
from pathlib import Path
from typing import Any

import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.kit.folders import create_folder


@cache
def create_authority() -> trustme.CA:
    return trustme.CA()


@cache
def write_ca_file() -> str:
    """Write the CA's certificate to a file for clients and return its path."""
    path = create_folder("fedserver-ca-") / "ca.pem"
    create_authority().cert_pem.write_to_path(str(path))
    return str(path)


@cache
def server_context(host: str) -> ssl.SSLContext:
    """TLS for a server that calls itself `host`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    create_authority().issue_cert(host).configure_cert(context)
    return context


@cache
def write_certificate_files(host: str) -> tuple[str, str]:
    """Certificate and key of a server that calls itself `host`, as files for other programs."""
    made, folder = create_authority().issue_cert(host), Path(write_ca_file()).parent
    made.cert_chain_pems[0].write_to_path(str(folder / f"{host}.pem"))
    made.private_key_pem.write_to_path(str(folder / f"{host}.key"))
    return str(folder / f"{host}.pem"), str(folder / f"{host}.key")


@cache
def client_context() -> ssl.SSLContext:
    """TLS for clients that believe the throw-away authority."""
    return ssl.create_default_context(cafile=write_ca_file())


class LoopbackResolver(AbstractResolver):
    """Maps test hosts to ports on loopback; any other name does not resolve."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self.ports:
            raise OSError(f"{host} does not resolve in tests")
        found: dict[str, Any] = {
            "hostname": host,
            "host": "127.0.0.1",
            "port": self.ports[host],
            "family": socket.AF_INET,
            "proto": 0,
            "flags": socket.AI_NUMERICHOST,
        }
        return [found]  # type: ignore[list-item]

    async def close(self) -> None:
        """Do nothing: no connection is open."""
