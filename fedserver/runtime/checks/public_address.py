"""Checks of the way to the node: DNS, the running node, TLS, and what the proxy does to requests."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp

from fedserver.net.forwarding import list_named_hops
from fedserver.runtime.checks.surroundings import (
    FORGED_ADDRESS,
    NET_ERRORS,
    QUERY,
    SENT_HEADERS,
    CheckError,
    Exchange,
    Surroundings,
    describe_unreachable,
)
from fedserver.runtime.self_check import EVENTS_PATH, PATH, SOCKET_PATH
from fedserver.text.locales import gettext
from fedserver.version import VERSION

UPLOAD_TIMEOUT = aiohttp.ClientTimeout(total=120.0)
CHUNK = b"\0" * 65_536
# Less than EVENTS_HOLD_S, and more than what lies between two parts of one response.
PAUSE_S = 1.0


async def check_dns(surroundings: Surroundings) -> None:
    """Raise CheckError if the host of the public address has no address."""
    host = urlsplit(surroundings.base).hostname or ""
    try:
        await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise CheckError(
            gettext(
                "%(host)s has no address (%(reason)s). Please set an A or AAAA record.",
                host=host,
                reason=error,
            )
        ) from error


async def check_running_node(surroundings: Surroundings) -> None:
    """Raise CheckError if no node of this version and configuration answers at `node.listen`."""
    received = (await surroundings.exchange_directly()).received
    if received.domain != surroundings.config.node.domain:
        raise CheckError(
            gettext(
                "The node at %(address)s is that of %(domain)s, not of this configuration.",
                address=surroundings.config.node.listen,
                domain=received.domain,
            )
        )
    if received.version != VERSION:
        raise CheckError(
            gettext(
                "Version %(running)s is running, but %(installed)s is installed. Please restart the node.",
                running=received.version,
                installed=VERSION,
            )
        )


async def check_public_address(surroundings: Surroundings) -> None:
    """Fetch a document of the node as remote servers do: through DNS, TLS and the proxy."""
    url = surroundings.base + "/.well-known/nodeinfo"
    try:
        async with surroundings.open_session() as session, session.get(url) as response:
            if response.status != 200:
                raise CheckError(
                    gettext(
                        "%(url)s answers with status %(status)s. Is the node running, and does the proxy "
                        "lead to it?",
                        url=url,
                        status=response.status,
                    )
                )
            document = await response.json(content_type=None)
            links = [link.get("href", "") for link in document.get("links", [])]
    except (*NET_ERRORS, AttributeError) as error:
        raise CheckError(describe_unreachable(url, error)) from error
    if not links or not all(link.startswith(surroundings.base + "/") for link in links):
        raise CheckError(
            gettext(
                "%(url)s names other addresses than node.base_url: another server answers there.", url=url
            )
        )


async def check_proxy_headers(surroundings: Surroundings) -> None:
    """Raise CheckError if the proxy changes what peers sign, or does not tell who the client is."""
    exchange = await surroundings.exchange_publicly()
    _check_signed_parts(surroundings, exchange)
    if surroundings.has_proxy:
        _check_client_address(exchange)


def _check_signed_parts(surroundings: Surroundings, exchange: Exchange) -> None:
    received = exchange.received
    sent = {"Host": urlsplit(surroundings.base).netloc, "Date": exchange.sent_date, **SENT_HEADERS}
    for name, value in sent.items():
        if received.headers.get(name, "") != value:
            raise CheckError(
                gettext(
                    "The proxy changes the header %(name)s: '%(received)s' arrived instead of '%(sent)s'. "
                    "Peers sign it, so please pass it on as it is.",
                    name=name,
                    received=received.headers.get(name, ""),
                    sent=value,
                )
            )
    if received.target != f"{PATH}?{QUERY}":
        raise CheckError(
            gettext(
                "The proxy changes addresses: %(received)s arrived instead of %(sent)s. Peers sign them, so "
                "please pass them on as they are.",
                received=received.target,
                sent=f"{PATH}?{QUERY}",
            )
        )


def _check_client_address(exchange: Exchange) -> None:
    received = exchange.received
    hops = list_named_hops(received.headers)
    if not hops:
        raise CheckError(
            gettext(
                "The proxy passes no X-Forwarded-For: all visitors would share the limits of one address. "
                "Please let it set that header (see `fedserver print nginx`)."
            )
        )
    # What stands last has to be of the proxy; what we forged may only stand before it.
    if FORGED_ADDRESS in hops[-1]:
        raise CheckError(
            gettext(
                "The proxy passes X-Forwarded-For on as visitors send it, and adds nothing: everyone could "
                "choose an address. Please let it set or extend that header (see `fedserver print nginx`)."
            )
        )
    if received.client == received.remote and received.remote not in hops[-1]:
        raise CheckError(
            gettext(
                "The node does not believe the proxy at %(address)s. Please add that address to "
                "node.trusted_proxies.",
                address=received.remote,
            )
        )


async def check_websocket(surroundings: Surroundings) -> None:
    """Open a WebSocket where apps open theirs, and send a message there and back."""
    address = surroundings.base + SOCKET_PATH
    text = "probe"
    try:
        async with (
            surroundings.open_session() as session,
            session.ws_connect(address, headers=surroundings.create_headers()) as opened,
        ):
            await opened.send_str(text)
            answer = await opened.receive_str(timeout=5.0)
    except aiohttp.WSServerHandshakeError as error:
        raise CheckError(
            gettext(
                "WebSockets do not arrive at %(url)s (status %(status)s): apps would not see new posts at "
                "once. Please let the proxy pass on Upgrade and Connection (see `fedserver print nginx`).",
                url=address,
                status=error.status,
            )
        ) from error
    except (*NET_ERRORS, TypeError) as error:
        raise CheckError(describe_unreachable(address, error)) from error
    if answer != text:
        raise CheckError(gettext("Another server answers WebSockets at %(url)s.", url=address))


async def check_event_stream(surroundings: Surroundings) -> None:
    """Read the beginning of a stream of server-sent events, which has to arrive before its end."""
    address = surroundings.base + EVENTS_PATH
    headers = {**surroundings.create_headers(), "Accept": "text/event-stream"}
    try:
        async with (
            surroundings.open_session() as session,
            session.get(address, headers=headers, allow_redirects=False) as response,
        ):
            if response.status != 200 or response.content_type != "text/event-stream":
                raise CheckError(
                    gettext(
                        "Server-sent events do not arrive at %(url)s (status %(status)s). Please let the "
                        "proxy pass requests for it on to the node.",
                        url=address,
                        status=response.status,
                    )
                )
            is_streamed = bool(await response.content.readany()) and await _is_open(response.content)
    except NET_ERRORS as error:
        raise CheckError(describe_unreachable(address, error)) from error
    if not is_streamed:
        raise CheckError(
            gettext(
                "Server-sent events arrive at %(url)s only when the stream ends: apps would not see new "
                "posts at once. Please let the proxy not buffer them (see `fedserver print nginx`).",
                url=address,
            )
        )


async def _is_open(content: aiohttp.StreamReader) -> bool:
    """Return True if nothing more arrives for a moment, not even the end."""
    try:
        async with asyncio.timeout(PAUSE_S):
            await content.readany()
    except TimeoutError:
        return True
    return False


async def check_upload_size(surroundings: Surroundings) -> None:
    """Send as many bytes as the largest upload; the node counts them and stores nothing."""
    limits = surroundings.config.limits
    size = max(limits.upload_bytes, limits.video_bytes)

    async def body() -> AsyncIterator[bytes]:
        for start in range(0, size, len(CHUNK)):
            yield CHUNK[: size - start]

    headers = {
        **surroundings.create_headers(),
        "Content-Type": "application/octet-stream",
        "Content-Length": str(size),
    }
    url = surroundings.base + PATH
    try:
        async with (
            surroundings.open_session() as session,
            session.post(url, data=body(), headers=headers, timeout=UPLOAD_TIMEOUT) as response,
        ):
            status: int | str = response.status
            is_complete = response.status == 200 and (await response.json()).get("bytes") == size
    except NET_ERRORS as error:
        # A proxy may also close the connection while we are sending.
        is_complete, status = False, str(error) or type(error).__name__
    if not is_complete:
        raise CheckError(
            gettext(
                "An upload of %(size)s bytes, which limits.video_bytes allows, does not arrive (%(status)s). "
                "Please let the proxy take as much (see `fedserver print nginx`).",
                size=size,
                status=status,
            )
        )
