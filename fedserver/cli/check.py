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

from fedserver.cli.language import command
from fedserver.cli.settings import async_command, config_option, connect_database, read_config
from fedserver.config import Config
from fedserver.integrations.oidc import OidcProvider, ProviderError
from fedserver.net.client import Client
from fedserver.net.guard import Guard
from fedserver.text.locales import LazyText, gettext, lazy_gettext, ngettext

TIMEOUT_S = 10.0
MIN_FREE_BYTES = 500_000_000
Problem = str | None


async def _check_database(config: Config) -> Problem:
    async with connect_database(config) as opened, opened.read() as tx:
        return None if tx.now > 0 else gettext("The database has no clock.")


async def _check_disk(config: Config) -> Problem:
    return await asyncio.to_thread(_check_free_space, config)


def _check_free_space(config: Config) -> Problem:
    folder = Path(config.media.store.removeprefix("file:"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    probe = folder / ".probe"
    probe.write_bytes(b"x")
    probe.unlink()
    free = shutil.disk_usage(folder).free
    if free > MIN_FREE_BYTES:
        return None
    megabytes = free // 1_000_000
    return gettext(
        "Only %(megabytes)s MB are free at %(folder)s. Please make room.", megabytes=megabytes, folder=folder
    )


async def _check_dns(config: Config) -> Problem:
    host = urlsplit(config.node.base_url).hostname or ""
    loop = asyncio.get_running_loop()
    try:
        await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return gettext(
            "%(host)s has no address (%(reason)s). Please set an A or AAAA record.", host=host, reason=error
        )
    return None


async def _check_reachable(config: Config) -> Problem:
    """Fetch a document of the node as remote servers do: through DNS, TLS and the proxy."""
    url = config.node.base_url.rstrip("/") + "/.well-known/nodeinfo"
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            if response.status != 200:
                return gettext(
                    "%(url)s answers with status %(status)s. Is the node running, and does the proxy lead "
                    "to it?",
                    url=url,
                    status=response.status,
                )
            document = await response.json(content_type=None)
    except (aiohttp.ClientError, ssl.SSLError, OSError, TimeoutError, ValueError) as error:
        return gettext(
            "%(url)s cannot be read (%(reason)s). Is the node running, and does the proxy lead to it?",
            url=url,
            reason=error,
        )
    links = [link.get("href", "") for link in document.get("links", [])]
    if not all(link.startswith(config.node.base_url.rstrip("/")) for link in links):
        return gettext(
            "%(url)s names other addresses than node.base_url: another server answers there.", url=url
        )
    return None


async def _check_mail(config: Config) -> Problem:
    if not config.mail.host:
        return None
    try:
        _, writer = await asyncio.wait_for(
            asyncio.open_connection(config.mail.host, config.mail.port), TIMEOUT_S
        )
    except (OSError, TimeoutError) as error:
        return gettext(
            "%(host)s:%(port)s does not answer (%(reason)s). Please check the section [mail].",
            host=config.mail.host,
            port=config.mail.port,
            reason=error,
        )
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
        return gettext("%(reason)s. Please check the section [oidc].", reason=error)
    finally:
        await provider.close()
    addresses = (metadata.issuer, metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri)
    insecure = [address for address in addresses if not address.startswith("https:")]
    if not insecure:
        return None
    return gettext(
        "%(address)s is not https: anyone on the network could log in as any member.", address=insecure[0]
    )


CHECKS: tuple[tuple[LazyText, Callable[[Config], Awaitable[Problem]]], ...] = (
    (lazy_gettext("database"), _check_database),
    (lazy_gettext("disk"), _check_disk),
    (lazy_gettext("DNS"), _check_dns),
    (lazy_gettext("reached from outside"), _check_reachable),
    (lazy_gettext("mail"), _check_mail),
    (lazy_gettext("identity provider"), check_identity_provider),
)


@command()
@config_option
@async_command
async def check(config_path: Path | None) -> None:
    """Check the configuration and surroundings of this node.

    The exit status is 1 if there is a problem.
    """
    config = read_config(config_path)
    _print_result(gettext("configuration"), None)
    problems = 0
    for name, find_problem in CHECKS:
        try:
            problem = await find_problem(config)
        except Exception as error:
            # Any error of a check is a problem of the node.
            problem = str(error) or type(error).__name__
        _print_result(str(name), problem)
        problems += bool(problem)
    if problems:
        raise click.ClickException(
            ngettext(
                "%(count)s of %(total)s checks found a problem.",
                "%(count)s of %(total)s checks found a problem.",
                problems,
                count=problems,
                total=len(CHECKS) + 1,
            )
        )


def _print_result(name: str, problem: Problem) -> None:
    state = gettext("wrong") if problem else gettext("ok")
    click.echo(f"{state:5} {name}: {problem}" if problem else f"{state:5} {name}")
