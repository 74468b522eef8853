"""`fedserver check`: find problems of this node, and say how to solve them."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import click
from aiohttp.abc import AbstractResolver

from fedserver.cli.settings import async_command, config_option, connect_database, read_config
from fedserver.config import Config
from fedserver.integrations.oidc import OidcProvider, ProviderError
from fedserver.net.client import Client
from fedserver.net.guard import Guard

TIMEOUT_S = 10.0
MIN_FREE_BYTES = 500_000_000
Problem = str | None


async def _check_database(config: Config) -> Problem:
    async with connect_database(config) as opened, opened.read() as tx:
        return None if tx.now > 0 else "the database has no clock"


async def _check_disk(config: Config) -> Problem:
    return await asyncio.to_thread(_check_free_space, config)


def _check_free_space(config: Config) -> Problem:
    folder = Path(config.media.store.removeprefix("file:"))
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".probe"
    probe.write_bytes(b"x")
    probe.unlink()
    free = shutil.disk_usage(folder).free
    return None if free > MIN_FREE_BYTES else f"only {free // 1_000_000} MB are free at {folder}; make room"


async def _check_dns(config: Config) -> Problem:
    host = urlsplit(config.node.base_url).hostname or ""
    loop = asyncio.get_running_loop()
    try:
        await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return f"{host} does not resolve ({error}); set an A or AAAA record"
    return None


async def _check_reachable(config: Config) -> Problem:
    """Fetch a document of the node as remote servers do: through DNS, TLS and the proxy."""
    url = config.node.base_url.rstrip("/") + "/.well-known/nodeinfo"
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            if response.status != 200:
                return f"{url} answers {response.status}; is the node running, and does the proxy lead to it?"
            document = await response.json(content_type=None)
    except (aiohttp.ClientError, ssl.SSLError, OSError, TimeoutError, ValueError) as error:
        return f"{url} cannot be read ({error}); is the node running, does the proxy lead to it?"
    links = [link.get("href", "") for link in document.get("links", [])]
    if not all(link.startswith(config.node.base_url.rstrip("/")) for link in links):
        return f"{url} names other addresses than node.base_url; another server answers there"
    return None


async def _check_mail(config: Config) -> Problem:
    if not config.mail.host:
        return None
    try:
        _, writer = await asyncio.wait_for(
            asyncio.open_connection(config.mail.host, config.mail.port), TIMEOUT_S
        )
    except (OSError, TimeoutError) as error:
        return f"{config.mail.host}:{config.mail.port} does not answer ({error}); see [mail]"
    writer.close()
    return None


async def check_identity_provider(config: Config, resolver: AbstractResolver | None = None) -> Problem:
    """Read the metadata of the identity provider, as a login does; its addresses have to be https."""
    oidc = config.oidc
    if not oidc.issuer:
        return None
    guard = Guard(oidc.allow_networks, allow_http=oidc.issuer.startswith("http:"))
    client = Client(guard, user_agent="fedserver check", ca_file=oidc.ca_file, resolver=resolver)
    provider = OidcProvider(oidc, client, lambda: time.time_ns() // 1_000_000)
    try:
        metadata = await provider.discover()
    except ProviderError as error:
        return f"{error}; see [oidc]"
    finally:
        await provider.close()
    addresses = (metadata.issuer, metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri)
    insecure = [address for address in addresses if not address.startswith("https:")]
    return (
        f"{insecure[0]} is not https; anyone on the network could log in as any member" if insecure else None
    )


CHECKS: tuple[tuple[str, Callable[[Config], Awaitable[Problem]]], ...] = (
    ("database", _check_database),
    ("disk", _check_disk),
    ("DNS", _check_dns),
    ("reached from outside", _check_reachable),
    ("mail", _check_mail),
    ("identity provider", check_identity_provider),
)


@click.command()
@config_option
@async_command
async def check(config_path: Path | None) -> None:
    """Check the configuration and surroundings of this node.

    The exit status is 1 if there is a problem.
    """
    config = read_config(config_path)
    click.echo("ok    configuration")
    problems = 0
    for name, find_problem in CHECKS:
        try:
            problem = await find_problem(config)
        except Exception as error:
            # Any error of a check is a problem of the node.
            problem = str(error) or type(error).__name__
        click.echo(f"{'wrong' if problem else 'ok':5} {name}{f': {problem}' if problem else ''}")
        problems += bool(problem)
    if problems:
        raise click.ClickException(f"{problems} of {len(CHECKS) + 1} checks found a problem.")
