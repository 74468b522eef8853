"""The client for all requests to other servers: guarded, bounded, and signed if the caller passes a signer.

Redirects are followed by hand, each hop checked and signed again; answers are cut at a size after
decompression and at a total time; cookies and proxies of the environment are never used. Nothing here may be
called while a write transaction is open.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from msgspec import Struct

from fedserver.net.errors import (
    BadRedirectError,
    ForbiddenAddressError,
    NetError,
    RequestRefusedError,
    ResponseTooLargeError,
    TimedOutError,
    UnreachableError,
)
from fedserver.net.guard import Guard

MAX_BODY_BYTES = 1_048_576  # ActivityPub documents are far smaller
# Of the answer to a POST only a short error text is of use; slow bodies must not hold up deliveries.
MAX_REPLY_BYTES, REPLY_TIMEOUT_S = 4_096, 2.0
CONNECT_TIMEOUT_S = 10.0
TOTAL_TIMEOUT_S = 15.0  # all redirects included
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_LINE = 8_190  # of the status line and of each header: what common web servers send at most

HeaderSigner = Callable[[str, str], Mapping[str, str]]
"""Returns the headers that sign a request with this method and URL."""
BodyReader = Callable[[aiohttp.ClientResponse], Awaitable[bytes]]


class Response(Struct, frozen=True):
    """An answer. `url` is the final address, `hops` those that led to it; header names are lower case."""

    status: int
    url: str
    headers: dict[str, str]
    body: bytes
    hops: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """Return the `Content-Type` header, '' without one."""
        return self.headers.get("content-type", "")


@cache
def _build_ssl_context(ca_file: str) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities, which take long to read, and `ca_file`."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


class Client:
    """A pool of connections. It is opened inside the event loop, and closed at the end."""

    def __init__(
        self,
        guard: Guard,
        *,
        user_agent: str,
        ca_file: str = "",
        resolver: AbstractResolver | None = None,
    ) -> None:
        self.guard = guard
        connector = aiohttp.TCPConnector(
            ssl=_build_ssl_context(ca_file),
            resolver=resolver,
            limit=200,
            limit_per_host=6,
            ttl_dns_cache=300,
            keepalive_timeout=30,
            socket_factory=guard.open_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": user_agent},
            trust_env=False,
            max_line_size=MAX_LINE,
            max_field_size=MAX_LINE,
        )
        self._in_flight: dict[tuple[object, ...], asyncio.Task[Response]] = {}

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        sign: HeaderSigner | None = None,
        etag: str = "",
        max_bytes: int = MAX_BODY_BYTES,
        seconds: float = TOTAL_TIMEOUT_S,
        max_redirects: int = 3,
    ) -> Response:
        """Return the answer to GET `url`. The same request at the same time is sent once. Raises NetError.

        With the `etag` of an earlier answer 304 is the answer if nothing changed (RFC 9110 §13.1.2).
        """
        key = (url, accept, sign, etag, max_bytes, seconds, max_redirects)
        flight = self._in_flight.get(key)
        if flight is None:
            headers = {"Accept": accept, **({"If-None-Match": etag} if etag else {})}
            flight = asyncio.ensure_future(self._get(url, headers, sign, max_bytes, seconds, max_redirects))
            self._in_flight[key] = flight
            flight.add_done_callback(lambda _: self._in_flight.pop(key, None))
        return await asyncio.shield(flight)

    async def _get(
        self,
        url: str,
        headers: Mapping[str, str],
        sign: HeaderSigner | None,
        max_bytes: int,
        seconds: float,
        redirects: int,
    ) -> Response:
        """Follow redirects until an answer that is none."""
        hops: list[str] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    # guard: redirects are checked again
                    url = self.guard.normalize_url(url)
                    signed = {**headers, **(sign("GET", url) if sign else {})}
                    response = await self._request(
                        "GET", url, signed, None, lambda answer: _read_body(answer, max_bytes)
                    )
                    if response.status not in REDIRECTS:
                        return Response(response.status, url, response.headers, response.body, tuple(hops))
                    hops.append(url)
                    url = self._next_hop(url, response, len(hops), redirects)
        except TimeoutError as error:
            raise TimedOutError(_host(url), f"no answer within {seconds} s") from error

    def _next_hop(self, url: str, response: Response, count: int, max_redirects: int) -> str:
        """Return the address that a redirect leads to. Raises BadRedirectError."""
        location = response.headers.get("location", "")
        if count > max_redirects or not location:
            raise BadRedirectError(_host(url), "too many redirects" if location else "redirect to nowhere")
        try:
            target = urljoin(url, location)
        except ValueError as error:
            raise BadRedirectError(_host(url), "redirect to an invalid address") from error
        # guard: redirect away from https
        if url.startswith("https:") and not target.startswith("https:"):
            raise BadRedirectError(_host(url), "redirect away from https")
        return target

    async def get_unshared(
        self, url: str, headers: Mapping[str, str], *, seconds: float = TOTAL_TIMEOUT_S
    ) -> Response:
        """Return the answer to GET with headers of one caller, which no other caller shares.

        Redirects are answers here. Raises NetError.
        """
        url = self.guard.normalize_url(url)
        try:
            async with asyncio.timeout(seconds):
                return await self._request(
                    "GET", url, headers, None, lambda answer: _read_body(answer, MAX_BODY_BYTES)
                )
        except TimeoutError as error:
            raise TimedOutError(_host(url), f"no answer within {seconds} s") from error

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        seconds: float = TOTAL_TIMEOUT_S,
        reply_seconds: float = REPLY_TIMEOUT_S,
        read_all: bool = False,
    ) -> Response:
        """Return the answer to POST `body`; redirects are answers here. Raises NetError.

        The status is what counts: only the beginning of the body is read, as far as it comes within
        `reply_seconds`, unless `read_all` asks for all of it.
        """

        url = self.guard.normalize_url(url)

        def reading(reply: aiohttp.ClientResponse) -> Awaitable[bytes]:
            return _read_body(reply, MAX_BODY_BYTES) if read_all else _read_beginning(reply, reply_seconds)

        try:
            async with asyncio.timeout(seconds):
                return await self._request("POST", url, headers, body, reading)
        except TimeoutError as error:
            raise TimedOutError(_host(url), f"no answer within {seconds} s") from error

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, read: BodyReader
    ) -> Response:
        """Send one request to an address that the guard has allowed and normalized."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S)
        try:
            async with self._session.request(
                method, url, headers=headers, data=body, allow_redirects=False, timeout=timeout
            ) as answer:
                data = await read(answer)
                header_fields = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status, url, header_fields, data)
        except NetError:
            raise
        except (aiohttp.ServerTimeoutError, aiohttp.ConnectionTimeoutError) as error:
            raise TimedOutError(_host(url), "no connection in time") from error
        except Exception as error:
            # Hostile names, answers and certificates reach deep into the libraries below. Whatever these
            # raise, for the caller this host cannot be reached, and it goes on with the next.
            raise _to_net_error(url, error) from error


async def _read_body(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    if answer.content_length is not None and answer.content_length > max_bytes:
        raise ResponseTooLargeError(answer.url.host or "", f"more than {max_bytes} bytes")
    data = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        data += chunk
        # guard: size while reading
        if len(data) > max_bytes:
            raise ResponseTooLargeError(answer.url.host or "", f"more than {max_bytes} bytes")
    return bytes(data)


async def _read_beginning(answer: aiohttp.ClientResponse, seconds: float) -> bytes:
    data = bytearray()
    # The status is known and counts, however the rest goes.
    with suppress(Exception):
        async with asyncio.timeout(seconds):
            while len(data) < MAX_REPLY_BYTES and (
                chunk := await answer.content.read(MAX_REPLY_BYTES - len(data))
            ):
                data += chunk
    return bytes(data)


def _to_net_error(url: str, error: BaseException) -> NetError:
    """Return the error below a library's exception: our own refusal, if that was the reason."""
    causes: list[Any] = [error]
    for cause in causes:
        if isinstance(cause, ForbiddenAddressError):
            return RequestRefusedError(_host(url), str(cause))
        # An OSError of a connector holds others; several attempts make a group.
        inner = (cause.__cause__, cause.__context__, getattr(cause, "os_error", None))
        grouped = getattr(cause, "exceptions", ())
        causes.extend(other for other in (*inner, *grouped) if other is not None and other not in causes)
    return UnreachableError(_host(url), str(error)[:200] or type(error).__name__)


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0][:100]
